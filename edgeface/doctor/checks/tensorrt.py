"""TensorRT, which builds and runs engines for NVIDIA's GPUs."""

from __future__ import annotations

from collections.abc import Sequence

from edgeface.backends.tensorrt.cuda.driver import look_for_gpus, with_point
from edgeface.backends.tensorrt.library import describe
from edgeface.doctor.check import Check

TITLE = "TensorRT"
RANK = 40


def look() -> tuple[Check, ...]:
    """The TensorRT that edgeface would use, and the GPUs that it builds engines for."""
    facts = describe()
    if facts["state"] != "ok":
        found = f"optional: {facts['problem']}" if facts["state"] == "missing" else str(facts["problem"])
        return (Check(TITLE, facts["state"], found, facts["fix"]),)
    here = _here(facts["compute_capabilities"]) if facts["has_gpu"] else "; running them needs a GPU"
    offered = ", ".join(facts["compute_capabilities"])
    builds = f"builds engines for compute capabilities {offered}" if offered else "builds engines for the GPU here"
    return (Check(TITLE, "ok", f"{facts['library']} {facts['version']} {builds}{here}"),)


def _here(offered: Sequence[str]) -> str:
    """Whether it runs engines on the first GPU: TensorRT-RTX builds for data centres' too, and refuses the result."""
    here = {gpu.compute_capability for gpu in look_for_gpus().gpus[:1]}
    if not offered or here <= set(offered):
        return " and runs them"
    (digits,) = here
    return f", but none runs on the GPU here, of {with_point(digits)}; ONNX Runtime's CUDA does (--on gpu)"
