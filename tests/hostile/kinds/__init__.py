"""Kinds of hostile input, one file each, which offers `KIND`."""
