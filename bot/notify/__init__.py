"""A finished message -> where people read it, exactly once, even if the machine dies in between."""
