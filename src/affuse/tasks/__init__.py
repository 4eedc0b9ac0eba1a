"""What is predicted of a clip, emotions or numbers, and all that depends on it."""
