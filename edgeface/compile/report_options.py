"""Options of an export's reports."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgeface.core.deprecated import renamed_keywords

REPORT = "report.html"
LATENCY = "latency.json"
"""Both are next to an artifact's manifest; they contain measured times, and so differ between exports."""


@renamed_keywords(pictures="images")
@dataclass(frozen=True)
class ReportOptions:
    """Options of an export's reports.

    Attributes:
        latency: measure the latency against onnx-fp32; takes some seconds, and is not deterministic.
        images: show images that judged the artifact.
        refused: a file for the report of an artifact that was not good enough, for which nothing else is written.
    """

    latency: bool = True
    images: bool = True
    refused: Path | None = None
