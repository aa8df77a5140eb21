"""Compilation from a checkpoint to built and judged models."""
