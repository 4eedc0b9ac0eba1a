"""Files -> arrays, streaming, in bounded memory."""
