"""Networks that come with affuse or are downloaded, for use by extractors."""
