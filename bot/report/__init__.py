"""Pictures and pages of an analysis."""
