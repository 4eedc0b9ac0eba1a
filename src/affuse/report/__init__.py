"""Run folder -> one self-contained HTML file."""
