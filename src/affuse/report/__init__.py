"""Run folder -> one HTML file that needs nothing else."""
