"""ONNX computed as it is typed: the stand-in for a runtime that is not here."""

from __future__ import annotations

from pathlib import Path

from edgeface.runtimes.ort import OrtRunner


def open_as_typed(model: Path, threads: int = 1) -> OrtRunner:
    """A model in ONNX Runtime with nothing fused or left out.

    Every float16 value is rounded to float16, and between QuantizeLinear and DequantizeLinear every integer is exact.
    Optimised, ONNX Runtime would compute float16 in float32 on a processor without it, and round elsewhere.

    Args:
        model: an .onnx file.
        threads: threads inside one operator, at least 1.
    """
    return OrtRunner(model, threads, optimise=False)
