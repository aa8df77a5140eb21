"""A model on every target, judged and timed side by side."""
