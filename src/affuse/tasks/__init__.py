"""What is told of a clip, emotions or numbers, and all that depends on which of them it is."""
