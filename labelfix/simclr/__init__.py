"""An encoder trained on the user's own images without labels."""
