"""From a judged batch to its findings: a module for each kind."""
