"""CREMA-D: what people heard and saw in its clips."""
