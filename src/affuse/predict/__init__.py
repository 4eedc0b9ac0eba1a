"""Any media file and a bundle -> a `Prediction`, without any package for training."""
