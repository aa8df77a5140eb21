"""How good artifacts are on labelled images, and how far one is from another.

What is computed of each image is kept in a cache, so that an interrupted run goes on where it was.
"""
