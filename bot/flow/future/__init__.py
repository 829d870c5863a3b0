"""What would be if something were changed: the items that were delivered, replayed with the change."""
