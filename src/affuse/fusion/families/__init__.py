"""Fusions: a file is a family of them, its name the first word of theirs."""
