"""The train and relabel stages: a corrected label and a confidence for every row."""
