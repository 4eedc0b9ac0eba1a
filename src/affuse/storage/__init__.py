"""What lies on disk: read and written in one place for each kind."""
