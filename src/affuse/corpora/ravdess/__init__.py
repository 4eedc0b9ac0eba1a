"""RAVDESS: its naming scheme, and what others score on it."""
