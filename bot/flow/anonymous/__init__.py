"""The same stream, in which nobody and nothing is named."""
