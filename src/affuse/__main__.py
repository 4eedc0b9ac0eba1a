"""``python -m affuse``."""

from affuse.cli import main

main()
