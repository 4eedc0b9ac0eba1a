"""What moved an answer: pure functions of evidence, for one recording or for a run."""
