"""A seeded campaign of hostile inputs through the doors of edgeface.

Every input is made by code from small valid ones, and only from (seed, kind, index): `python -m tests.hostile KIND
INDEX` makes one again. No input is stored.
"""
