"""Degraded recordings, and the figures under them."""
