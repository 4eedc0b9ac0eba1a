"""Networks that come with affuse or are fetched, as extractors use them."""
