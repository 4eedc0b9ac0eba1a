"""Feature arrays and tables, and where they come from."""
