"""CREMA-D: what people perceived in its clips."""
