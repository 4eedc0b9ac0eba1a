"""One model a file: the file's name is the model's, its `MODEL` says what it is."""
