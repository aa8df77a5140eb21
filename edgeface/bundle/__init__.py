"""Bundles of a detector and a recognizer for a board, with the programs that run and verify them."""
