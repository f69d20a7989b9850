"""Labels before and after correction, compared with the true ones."""
