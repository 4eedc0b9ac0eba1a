"""Networks that join modalities: one estimator and one set of layers for all architectures."""
