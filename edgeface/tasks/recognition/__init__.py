"""Face recognition: from an image's landmarks to an aligned face, its embedding, and the person's identity."""
