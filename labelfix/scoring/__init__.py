"""Labels before and after correction against the true ones, where somebody knows these."""
