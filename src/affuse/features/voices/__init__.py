"""Numeric descriptions of a voice: from a signal to statistics and spectrograms."""
