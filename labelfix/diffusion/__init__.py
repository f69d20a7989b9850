"""The train stage: a denoiser of label vectors, conditioned on the embedding."""
