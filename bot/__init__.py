"""Gemba: where the work really waits."""
