"""Degraded recordings, and what is left of a figure under them."""
