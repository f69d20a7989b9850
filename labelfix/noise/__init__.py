"""Label noise: how often which label is given for which, and what follows for one image."""
