"""Denoisers that correct for label noise and judge only images whose labels they never saw."""
