"""One model per file: the file's name is the model's, its `MODEL` describes it."""
