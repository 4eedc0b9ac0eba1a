"""What extractors of pretrained encoders share: windows, crops, pooling, provenance."""
