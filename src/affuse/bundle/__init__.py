"""All that prediction needs, in one folder: ONNX graphs, JSON, a model card; nothing executable."""
