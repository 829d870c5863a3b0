"""Why one number is what it is, down to its items and spans."""
