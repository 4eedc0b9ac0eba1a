"""What would leak in a corpus, its folds and its features, before any figure is believed."""
