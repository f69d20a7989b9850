"""Questions to a person: their choice, the table to fill in, and a page with the images."""
