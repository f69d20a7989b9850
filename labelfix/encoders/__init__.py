"""Encoders: from an image, or from the user's own file, to a vector."""
