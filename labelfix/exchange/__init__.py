"""The way out to annotation tools and training sets, and back: one module for each format."""
