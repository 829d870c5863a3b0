"""How near the engine comes: each score compares what it says of one stream with what is true.

A score is a function from a run to a part, or to None where the stream has nothing to score.
"""
