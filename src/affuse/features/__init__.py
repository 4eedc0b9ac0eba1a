"""Decoded clip -> features."""
