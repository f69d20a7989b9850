"""Label noise: a model of which labels are given for which classes, and posteriors under it."""
