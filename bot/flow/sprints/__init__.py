"""Sprints, and which goals the work serves."""
