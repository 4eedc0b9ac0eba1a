"""How clips are divided into training and test, and what leaks."""
