"""Files on disk -> Index."""
