"""TensorRT, which builds and runs engines for NVIDIA's GPUs."""

from __future__ import annotations

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
    here = " and runs them" if facts["has_gpu"] else "; running them needs a GPU"
    offered = ", ".join(facts["compute_capabilities"])
    builds = f"builds engines for compute capabilities {offered}" if offered else "builds engines for the GPU here"
    return (Check(TITLE, "ok", f"{facts['library']} {facts['version']} {builds}{here}"),)
