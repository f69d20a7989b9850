"""The standard data sets with wrong labels, from their own layouts to a manifest."""
