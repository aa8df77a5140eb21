"""The program that finds and compares faces on a board: Python 3.8, numpy, and LiteRT or tflite-runtime.

A bundle carries it alone, as the top-level package `face_runner`; of edgeface it imports only the files that are packed
with it. Its pixels are those of edgeface's own path bit by bit, so that a board decides as the host did.
"""
