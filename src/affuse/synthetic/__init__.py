"""The embedded corpus: drawn faces, synthesised voices, real mp4 files."""
