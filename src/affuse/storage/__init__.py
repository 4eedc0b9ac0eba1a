"""What lies on disk and how it is written: one place for each kind of file."""
