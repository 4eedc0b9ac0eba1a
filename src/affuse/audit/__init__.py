"""What would leak in a corpus, its folds and its features, found before any figure is reported."""
