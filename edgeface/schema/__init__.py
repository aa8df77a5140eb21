"""JSON schemas of the files that edgeface writes for other programs to read."""
