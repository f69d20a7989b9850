"""The options of every stage: each is declared once, with its default, range, help and panel."""
