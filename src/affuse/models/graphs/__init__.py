"""Fitted models as nodes of ONNX graphs, written by hand with ONNX's own operators."""
