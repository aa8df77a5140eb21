"""How good artifacts are on labelled photographs, and how far one is from another.

What is computed of each photograph is kept in a cache, so that an interrupted run goes on where it was.
"""
