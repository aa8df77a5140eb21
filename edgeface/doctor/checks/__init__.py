"""Checks, found by filename: a module here has TITLE, RANK and `look`."""
