"""Several modalities -> one decision."""
