"""Doors to other people's systems: every socket to a vendor is opened here, and nothing here knows about flow."""
