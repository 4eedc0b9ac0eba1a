"""What lies on disk, and how: the one place for each kind of file."""
