"""One file for each corpus: how its folder becomes an Index."""
