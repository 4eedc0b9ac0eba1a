"""Models: arrays of features -> probabilities or numbers."""
