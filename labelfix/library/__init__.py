"""labelfix as a Python library: estimators, functions and results for scripts and notebooks."""
