"""One page about a batch of annotations, for a person to look at."""
