"""Who is in a recording: shots, faces that are one person, voices, and who speaks."""
