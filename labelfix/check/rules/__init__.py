"""The rules of `check`, one file each, and what several of them share."""
