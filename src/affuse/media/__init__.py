"""Media files -> arrays, streaming, in bounded memory."""
