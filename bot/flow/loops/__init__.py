"""Which way is forward, what went back, and what that cost."""
