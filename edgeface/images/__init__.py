"""Images: read, letterboxed, drawn, and split into those that calibrate and those that judge."""
