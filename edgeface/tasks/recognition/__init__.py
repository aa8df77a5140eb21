"""Face recognition: from a photograph's landmarks to an aligned face, its embedding, and whose it is."""
