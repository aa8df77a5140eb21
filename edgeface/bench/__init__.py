"""Latency of artifacts against one another: a process each, interleaved rounds, share of the peak."""
