"""The proof of the engine: simulated streams of which the truth is known, and how near it comes."""
