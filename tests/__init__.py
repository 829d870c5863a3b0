"""Tests mirror the tree; `real` uses recordings that stand beside the checkout and skips where they are missing."""
