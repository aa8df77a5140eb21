"""From a checkpoint to built and proven models."""
