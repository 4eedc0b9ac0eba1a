"""Decision rules: one rule per file, named after it."""
