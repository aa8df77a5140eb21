"""Evaluation of artifacts on labeled images, and comparison of one with another.

Results of each image are kept in a cache, so that an interrupted run resumes where it stopped.
"""
