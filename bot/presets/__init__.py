"""Streams as they commonly are: each a whole configuration to begin with, and what it is known for to waste."""

from bot.presets.registry import PRESETS, Preset

__all__ = ["PRESETS", "Preset"]
