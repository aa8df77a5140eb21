"""Benchmarks of artifacts: one process each, interleaved rounds, share of the processor's peak."""

from __future__ import annotations

from edgeface.bench.measure import BenchRequest, bench
from edgeface.bench.result import BenchReport, Measurement

__all__ = ["BenchReport", "BenchRequest", "Measurement", "bench"]
