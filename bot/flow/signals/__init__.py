"""The three signals that a map works, and what they are measured against."""
