"""TFLite targets, and LiteRT."""
