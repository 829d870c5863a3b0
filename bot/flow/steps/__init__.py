"""Steps of people: which could run in parallel, what came too late, how long a decision takes to reach work."""
