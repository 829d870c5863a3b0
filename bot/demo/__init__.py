"""A simulated company with planted waste, and stand-ins for the vendors it uses."""
