"""Months of `gemba run` within minutes: its clock is moved, and its processes are killed."""
