"""Changes of labels that can be taken back: diff, make, apply, revert."""
