"""LRA-diffusion as published (Chen et al., NeurIPS 2023)."""
