"""Predictions -> figures with intervals, and a reason wherever one is leaky."""
