"""Any media file and a bundle -> a `Prediction`, without any training package."""
