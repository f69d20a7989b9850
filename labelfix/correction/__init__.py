"""The train and relabel stages: from a method to a label and a confidence for every row."""
