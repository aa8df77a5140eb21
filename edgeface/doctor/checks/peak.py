"""What int8 can gain on this core: its class, and its measured peak in float32 and int8."""

from __future__ import annotations

from edgeface.core.processor import ProcessorClass, class_here
from edgeface.doctor.check import Check
from edgeface.errors import EdgefaceError

TITLE = "Int8 on this core"
RANK = 21
CHOOSE = "edgeface export MODEL --device here"
GAINS = 2.0
"""From this ratio of the peaks on int8 is worth it for speed alone: memory and other layers take their part."""


def look() -> tuple[Check, ...]:
    """The class of the processor, and the peaks of one core, measured in a fraction of a second."""
    from edgeface.bench.peak_here import peak_here

    found = class_here()
    named = Check("class", "ok", _class_words(found)) if found else Check("class", "missing", "of no known class")
    try:
        peak = peak_here()
    except EdgefaceError as error:
        return named, Check("peak", "missing", f"not measured: {error.what}", error.fix)
    measured = f"{peak.fp32_gflops:.0f} GFLOP/s fp32, {peak.int8_gops:.0f} GOP/s int8"
    return named, Check("peak", "ok", f"{measured}, one core: {advice(peak.ratio, found)}")


def _class_words(found: ProcessorClass) -> str:
    return f"{found.name}: {found.title}"


def advice(ratio: float, found: ProcessorClass | None) -> str:
    """What a ratio of the peaks, int8 to float32, means for the choice of a target, in a sentence."""
    gains = f"int8 gains {ratio:.1f} × at most"
    if ratio >= GAINS:
        by = "" if found is None or not found.dot_product else f", by the dot products of {found.name}"
        return f"{gains} here{by}; `{CHOOSE}` measures which target gains most"
    if found is not None and found.dot_product:
        return f"{gains} in ONNX Runtime here, though the core has dot products: let `{CHOOSE}` measure the runtimes"
    return f"{gains} here: there are no dot-product instructions; let `{CHOOSE}` choose"
