"""What a voice is made of in numbers: from a signal to statistics and spectrograms."""
