"""Images: reading, letterboxing, synthetic images, and the split into calibration and evaluation sets."""
