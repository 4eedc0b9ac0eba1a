"""Predictions -> files for people and for other programs."""
