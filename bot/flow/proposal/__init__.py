"""Of a source that nobody configured yet: which stages its states would make, and why."""
