"""The types that pass between the stages, and their files."""
