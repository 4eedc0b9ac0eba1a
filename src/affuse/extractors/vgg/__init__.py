"""VGG16: its weights, its graph, and the frames it is given."""
