"""The program that finds and compares faces on a board: Python 3.10, numpy, and LiteRT or tflite-runtime.

It imports nothing of edgeface, for a bundle carries it alone, as the top-level package `face_runner`. Its pixels are
those of edgeface's own path bit by bit, so that a board decides as the host did.
"""
