"""Validation that an artifact still computes its network: tensors, decisions, kernels, and the gate."""
