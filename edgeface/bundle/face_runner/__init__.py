"""The board's program that finds and compares faces: Python 3.8, numpy, and LiteRT or tflite-runtime.

A bundle contains it as the top-level package `face_runner`; from edgeface it imports only files that are packed with
it. Its image processing matches edgeface's bit by bit, so that a board decides as the host does.
"""
