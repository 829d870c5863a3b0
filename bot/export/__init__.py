"""What was reconstructed, in files that other tools read."""
