"""Week by week: whether figures changed by more than chance, and what to expect."""
