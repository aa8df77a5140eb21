"""The committed report of a campaign."""

from __future__ import annotations

import platform
import textwrap
from datetime import datetime, timezone
from importlib import metadata

from edgeface.version import __version__
from tests.hostile.table import Tally, failures_text, markdown
from tests.hostile.watch import MAX_CPU_S, MAX_PEAK_MB

_LIBRARIES = ("numpy", "onnx", "onnxruntime", "ai-edge-litert", "torch", "safetensors", "opencv-python-headless")


def text(tallies: dict[str, Tally], seconds: float, jobs: int, seed: int) -> str:
    """The report as Markdown."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in _LIBRARIES)
    day = datetime.now(timezone.utc).strftime("%Y-%m-%d")
    failures = failures_text(tallies)
    written = (
        f"Written by `make hostile` (`tests/hostile`, seed {seed}) on {day}: edgeface {__version__}, Python "
        f"{platform.python_version()}, {versions}."
    )
    return f"""# Hostile input

{textwrap.fill(written, 120, break_on_hyphens=False)}

Every input is a valid file that was changed by seeded code: bytes flipped, cut, spliced; lengths, offsets, shapes,
names, types and values that lie. It goes through the public function that reads such files. *Failed* is any of: the
process ended by a signal, another exception than edgeface's, a wrong verdict (a changed bundle or model accepted, a
count that the change cannot have, a number that is not finite taken), another answer for the same bytes, over
{MAX_CPU_S:g} s of CPU, over {MAX_PEAK_MB:g} MB.

{markdown(tallies)}

{seconds:.0f} s on {jobs} processes, {sum(tally.cpu_s for tally in tallies.values()):.0f} s of CPU in the doors.
{("Failures:" + chr(10) * 2 + failures + chr(10)) if failures else ""}"""
