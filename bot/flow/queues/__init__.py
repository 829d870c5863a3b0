"""Where items wait for somebody: configured and discovered, how long, why, and whether it changes anything."""
