"""Files that have no type of their own where they are written: a bundle's settings, and measured latencies."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from edgeface.contracts import Contract, DetectionContract, RecognitionContract
from edgeface.core.prediction_record import Predicted


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class BundledModel(_Record):
    """A network of a bundle."""

    model: str
    name: str
    target: str
    io: str
    macs: int
    model_sha256: str
    contract: Contract
    versions: dict[str, str]
    sources: dict[str, Any]


class BundledDetector(BundledModel):
    """The detector of a bundle."""

    contract: DetectionContract


class BundledRecognizer(BundledModel):
    """The recognizer of a bundle."""

    contract: RecognitionContract


class BoardRecord(_Record):
    """The board that a bundle is for."""

    name: str
    title: str
    cpu: str
    cores: tuple[int, ...]
    threads: int


class BundleThresholds(_Record):
    """What the bundle's programs decide by."""

    face: float
    match: float | None
    match_source: str | None


class SlowerRuntime(_Record):
    """A runtime that a board may have instead."""

    version: str
    costs: str


class RuntimeRecord(_Record):
    """The runtime that a board should have."""

    package: str
    version: str
    min_python: tuple[int, ...] | None
    slower: dict[str, SlowerRuntime]


class BundleRecord(_Record):
    """The content of `bundle.json`."""

    format: Literal[1]
    edgeface: str
    device: BoardRecord
    thresholds: BundleThresholds
    detector: BundledDetector
    recognizer: BundledRecognizer | None
    runtime: RuntimeRecord | None
    predicted: dict[str, Predicted]


class TimedModel(_Record):
    """One model's latency."""

    threads: int
    batch: int
    median_ms: float
    p10_ms: float
    p90_ms: float
    ratio: float
    ratio_low: float
    ratio_high: float
    peak_share: float | None
    runs: int
    memory_bytes: int | None = None


class LatencyRecord(_Record):
    """The content of `latency.json`."""

    format: Literal[1]
    date: str | None = None
    threads: int
    rounds: int
    machine: dict[str, Any]
    peak_gops: dict[str, float]
    measured: dict[str, TimedModel]
    load: float
