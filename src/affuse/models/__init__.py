"""Arrays -> probabilities."""
