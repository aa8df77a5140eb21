"""Latency of artifacts against one another: a process each, interleaved rounds, share of the peak."""

from __future__ import annotations

from edgeface.bench.measure import BenchRequest, bench
from edgeface.bench.result import BenchReport, Measurement

__all__ = ["BenchReport", "BenchRequest", "Measurement", "bench"]
