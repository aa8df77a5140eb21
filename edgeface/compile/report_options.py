"""What an export's reports hold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgeface.core.deprecated import renamed_keywords

REPORT = "report.html"
LATENCY = "latency.json"
"""Both stand beside an artifact's manifest; they hold what was timed, and so differ from export to export."""


@renamed_keywords(pictures="images")
@dataclass(frozen=True)
class ReportOptions:
    """What an export's reports hold.

    Attributes:
        latency: measure the latency against onnx-fp32; takes some seconds, and is no property of the inputs.
        images: show images that judged the artifact.
        refused: a file for the report of an artifact that was not good enough, of which nothing else is written.
    """

    latency: bool = True
    images: bool = True
    refused: Path | None = None
