"""The index stage: nearest neighbours of every image."""
