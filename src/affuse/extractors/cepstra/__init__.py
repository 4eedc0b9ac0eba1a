"""Mel-frequency cepstral coefficients, step by step."""
