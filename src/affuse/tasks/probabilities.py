"""Limits of probabilities, wherever they are checked, multiplied or scored."""

SUM_TOLERANCE = 1e-3
"""Published probabilities are rounded; a row may miss 1 by this much."""

FLOOR = 1e-12
"""Smallest probability that counts: what one modality calls impossible does not end all
discussion, and being sure and wrong has an end."""
