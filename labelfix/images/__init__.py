"""One image file to RGB, or the reason why not."""
