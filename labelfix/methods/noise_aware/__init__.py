"""Denoisers that allow for wrong labels and judge no image whose label they saw."""
