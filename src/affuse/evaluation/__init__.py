"""Predictions -> numbers nobody can fool."""
