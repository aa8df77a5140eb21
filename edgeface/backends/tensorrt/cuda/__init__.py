"""CUDA as far as edgeface needs it: which GPUs there are, memory, streams and graphs."""
