"""The report: one page about a batch of annotations."""
