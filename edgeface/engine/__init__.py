"""Engines: where the parts of long work are computed, in this process, in several, or on many machines.

A task and its parts do not know the engine. Parts are fixed pieces of the work, whatever computes them, and callers
merge what they give in the parts' order or by exact sums: every engine, any number of workers and any order of
completion give the same bytes.
"""
