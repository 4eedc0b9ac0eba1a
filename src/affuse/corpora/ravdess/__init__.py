"""What is known of RAVDESS: what its names say, and what others score on it."""
