"""Extractors: decoded clip -> array, fixed."""
