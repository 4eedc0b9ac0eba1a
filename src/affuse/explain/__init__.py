"""What an answer rests on: pure functions, for one recording or for a run."""
