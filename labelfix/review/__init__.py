"""Questions to a person: which rows, the table to fill in, and a page to look at."""
