"""Files on disk and how they are written: one place for each kind of file."""
