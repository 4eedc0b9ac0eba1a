"""Fusions: one family per file, whose name is the first word of its fusions' names."""
