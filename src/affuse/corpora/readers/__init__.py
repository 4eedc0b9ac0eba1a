"""One file per corpus: how its folder becomes an Index."""
