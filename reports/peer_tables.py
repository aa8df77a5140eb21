"""The rows of reports/peers.md, and the tables and sentences that are made of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from edgeface.bench.rounds import Interval

BASE = "onnx-fp32"


@dataclass
class Entry:
    """A row: who made the model, how, and what was found of it; `error` says why there is no more."""

    tool: str
    setting: str
    path: str
    error: str | None = None
    kernels: str = "–"
    decisions: dict[str, Any] = field(default_factory=dict)
    size_bytes: int = 0
    latency: Interval | None = None
    median_ms: float = 0.0

    @property
    def own(self) -> bool:
        """Whether edgeface quantized it."""
        return self.tool == "edgeface" and self.setting != BASE


@dataclass(frozen=True)
class Measured:
    """The rows of a network; `day` is when they were timed, if they were, `load` the machine's mean meanwhile."""

    name: str
    entries: list[Entry]
    day: str = ""
    load: float = 0.0

    @property
    def recognizer(self) -> bool:
        """Whether the network is one."""
        return any("mean_cosine" in entry.decisions for entry in self.entries)

    def save(self, path: Path) -> None:
        """Keep it, so that a run that is cut off does not begin again."""
        written = path.with_suffix(".part")
        written.write_text(json.dumps(asdict(self)), encoding="utf-8")
        written.rename(path)

    @classmethod
    def load_from(cls, path: Path) -> Measured:
        """What `save` kept."""
        kept = json.loads(path.read_text(encoding="utf-8"))
        for entry in kept["entries"]:
            entry["latency"] = entry["latency"] and Interval(**entry["latency"])
        return cls(**{**kept, "entries": [Entry(**entry) for entry in kept["entries"]]})


def ahead(found: Sequence[Measured]) -> str:
    """Where a peer is quicker, or closer to float, than the best that edgeface made; from the figures."""
    lines = ["## Where a peer is ahead of edgeface", ""]
    for measured in found:
        ran = [entry for entry in measured.entries if entry.latency is not None]
        own, peers = [entry for entry in ran if entry.own], [entry for entry in ran if entry.tool != "edgeface"]
        quickest, best = min(map(_speed, own)), max(map(_accuracy, own))
        faster = [f"{e.tool}, {e.setting}: × {_speed(e):.3f}" for e in peers if _speed(e) < quickest]
        closer = [f"{e.tool}, {e.setting}: {_merit(e)}" for e in peers if _accuracy(e) > best]
        champion = max(own, key=_accuracy)
        lines.append(
            f"- **{measured.name}**. Faster than edgeface's × {quickest:.3f}: {'; '.join(faster) or 'none'}. "
            f"Closer to float than edgeface's {_merit(champion)}: {'; '.join(closer) or 'none'}."
        )
    return "\n".join(lines)


def _speed(entry: Entry) -> float:
    assert entry.latency is not None
    return entry.latency.value


def _accuracy(entry: Entry) -> float:
    """Higher is closer to float: the mean cosine, or faces that are as in float and score as in float."""
    found = entry.decisions
    return float(found["mean_cosine"]) if "mean_cosine" in found else -float(found["mean_score_change"])


def _merit(entry: Entry) -> str:
    found = entry.decisions
    if "mean_cosine" in found:
        return f"mean cosine {found['mean_cosine']:.5f}"
    return f"mean Δscore {found['mean_score_change']:.4f}"


def section(measured: Measured) -> str:
    """The table of a network."""
    entries = measured.entries
    heads = (
        "cosine, mean (least) | accuracy | change to float32, points [95 %]"
        if measured.recognizer
        else "matched | extra | mean Δscore | mean landmark error"
    )
    columns = f"tool | setting | convolutions | {heads} | kB | × ONNX Runtime fp32 [95 %] | median ms"
    rows = [f"| {columns} |", "|---" * (columns.count(" | ") + 1) + "|"]
    rows += [f"| {' | '.join(_cells(entry, measured.recognizer))} |" for entry in entries]
    title = f"## {measured.name}\n\nTimed on {measured.day}; load of the machine meanwhile {measured.load:.1f}."
    faces = next((e.decisions["reference_faces"] for e in entries if "reference_faces" in e.decisions), None)
    return "\n".join([f"{title}{f' Faces of the reference: {faces}.' if faces else ''}", "", *rows])


def _cells(entry: Entry, recognizer: bool) -> Iterator[str]:
    yield from (entry.tool, entry.setting)
    if entry.error is not None:
        yield from (f"failed: {entry.error.replace('|', '/')}", *["–"] * (6 if recognizer else 7))
        return
    yield entry.kernels
    found = entry.decisions
    if recognizer:
        verified = found["verification"]
        change = verified["change"]["accuracy"]
        yield f"{found['mean_cosine']:.5f} ({found['min_cosine']:.4f})"
        yield f"{verified['candidate']['fold_accuracy']['mean']:.2%}"
        yield f"{100 * change['value']:+.2f} [{100 * change['low']:+.2f}, {100 * change['high']:+.2f}]"
    else:
        yield f"{found['matched']} = {found['matched_percent']:.2f} %"
        yield f"{found['extra']} = {found['extra_percent']:.2f} %"
        yield f"{found['mean_score_change']:.4f}"
        yield f"{found['mean_landmark_error_percent']:.2f} %"
    yield f"{entry.size_bytes / 1000:.0f}"
    latency = entry.latency
    yield "–" if latency is None else f"{latency.value:.3f} [{latency.low:.3f}, {latency.high:.3f}]"
    yield f"{entry.median_ms:.2f}"


def shown(entry: Entry) -> str:
    """One line, for progress."""
    return entry.error or f"{_merit(entry)}; {entry.kernels}"
