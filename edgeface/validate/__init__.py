"""Is it still the same network? Tensors, decisions, kernels, and the gate over them."""
