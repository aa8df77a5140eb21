"""From a checkpoint to built and judged models."""
