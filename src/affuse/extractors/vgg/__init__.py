"""VGG16: weights, graph, and what its frames are."""
