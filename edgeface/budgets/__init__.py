"""Limits on what a model may cost, and whether it keeps them."""
