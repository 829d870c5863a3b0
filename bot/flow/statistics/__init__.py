"""Intervals, tests, survival, resampling: the only place for them."""
