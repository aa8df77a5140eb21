"""Milliseconds of a model on a board that is not here, from counts on its emulated cores and published figures."""
