"""Compares methods on the user's own data, with the estimated noise injected again."""
