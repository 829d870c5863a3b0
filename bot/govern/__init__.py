"""Goals and what is done to reach them. Pure, and without a word about vendors."""
