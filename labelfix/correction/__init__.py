"""The relabel stage: from the denoiser to a label and a confidence for every row."""
