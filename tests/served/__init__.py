"""The pages, live."""
