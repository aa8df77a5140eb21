"""Predicted time of a graph's nodes by measured tables: one per kind of processor, never a timing made here."""
