"""Packages that send what their users do."""

from __future__ import annotations

from edgeface.doctor.check import Check
from edgeface.doctor.packages import installed

TITLE = "Usage reports"
RANK = 36
SENDER = "openvino-telemetry"


def look() -> tuple[Check, ...]:
    """Whether the package is installed through which OpenVINO reports that it was imported."""
    found = installed(SENDER)
    if found is None:
        return (Check(SENDER, "ok", "not installed: OpenVINO sends nothing"),)
    said = f"{found}: `import openvino` of other programs reports itself by it; edgeface hides it from OpenVINO"
    return (Check(SENDER, "problem", said, f"pip uninstall {SENDER}"),)
