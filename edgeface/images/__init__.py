"""Images: read, letterboxed, synthetic, and split into those that calibrate and those that judge."""
