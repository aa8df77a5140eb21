"""Write reports/peers.md: edgeface's int8 beside that of other tools, from the same models and photographs.

Run as `.venv/bin/python reports/peers.py`; it makes `.venv-peers` (about 0.8 GB) as reports/peers-constraints.txt says,
and needs ../shared. On two cores that do nothing else it takes about half an hour. `--only WORD` takes the networks
whose name holds the word, and prints instead of writing the report.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from peer_lanes import PEERS, Lane, PeerProcess, kernels, make_environment, model_bytes, quantize
from peer_subjects import Case, calibration_request, cases
from subjects import ROOT

from edgeface.bench.client import Worker
from edgeface.bench.result import describe_machine
from edgeface.bench.rounds import Interval, collect, iterations_for, ratio, spread
from edgeface.runtimes import open_runner
from edgeface.runtimes.float_io import FloatRunner

ROUNDS = 21
OWN = ("onnx-fp32", "tflite-int8", "onnx-int8")
BASE = "onnx-fp32"
NETWORK_SUFFIXES = (".onnx", ".tflite")


@dataclass
class Entry:
    """A row: who made the model, how, and what was found of it; `error` says why there is no more."""

    tool: str
    setting: str
    path: Path
    error: str | None = None
    kernels: str = "–"
    decisions: dict[str, Any] = field(default_factory=dict)
    latency: Interval | None = None
    median_ms: float = 0.0

    @property
    def own(self) -> bool:
        """Whether edgeface quantized it."""
        return self.tool == "edgeface" and self.setting != BASE


def main() -> None:
    """Quantize, judge and time everything, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    only: str = parser.parse_args().only
    versions = make_environment()
    with tempfile.TemporaryDirectory() as folder:
        found = {case: _judged(case, Path(folder)) for case in cases(Path(folder), only)}
        loads = [_timed(entries) for entries in found.values()]
        parts = [_header(versions), _ahead(found)]
        parts += [_section(case, entries, load) for (case, entries), load in zip(found.items(), loads, strict=True)]
    text = "\n\n".join([*parts, LIMITS]) + "\n"
    if only:
        sys.stdout.write(text)
    else:
        (ROOT / "reports" / "peers.md").write_text(text, encoding="utf-8")


def _judged(case: Case, work: Path) -> list[Entry]:
    """Every row of a network, quantized and judged."""
    entries = [Entry("edgeface", target, case.artifacts[target].model_path) for target in OWN]
    folder = work / f"peers_{case.subject.name.replace(' ', '_')}"
    request = calibration_request(case, folder)
    for number, lane in enumerate(PEERS):
        entries.append(_quantized(lane, request, folder / f"{number}{lane.suffix}"))
    for entry in entries:
        if entry.error is None:
            _judge(case, entry)
        print(f"{case.subject.name}: {entry.tool}, {entry.setting}: {_shown(entry)}", file=sys.stderr, flush=True)
    return entries


def _quantized(lane: Lane, request: dict[str, Any], out: Path) -> Entry:
    print(f"quantizing: {lane.tool}, {lane.name}", file=sys.stderr, flush=True)
    return Entry(lane.tool, lane.name, out, quantize(lane, request, out))


def _judge(case: Case, entry: Entry) -> None:
    try:
        if entry.path.suffix in NETWORK_SUFFIXES:
            entry.kernels = kernels(entry.path)
            layout = "nchw" if entry.path.suffix == ".onnx" else "nhwc"
            entry.decisions = case.judged(FloatRunner(open_runner(entry.path), layout).run)
            return
        with PeerProcess(entry.path) as process:
            entry.kernels = process.kernels
            entry.decisions = case.judged(process.run)
    except Exception as error:
        entry.error = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"


def _timed(entries: Sequence[Entry]) -> float:
    """Time all rows that have a model, in interleaved rounds; returns the mean load of the machine meanwhile."""
    lanes = {f"{number}": entry for number, entry in enumerate(entries) if entry.error is None}
    loads = [os.getloadavg()[0]]
    with ExitStack() as stack:
        runs = {}
        for name, entry in lanes.items():
            if entry.path.suffix in NETWORK_SUFFIXES:
                load = {"model": str(entry.path), "threads": 1, "batch": 1, "on": "x86"}
                runs[name] = stack.enter_context(Worker(entry.setting, load)).run
            else:
                runs[name] = stack.enter_context(PeerProcess(entry.path)).latencies_ms
        sizes = {name: iterations_for(run) for name, run in runs.items()}
        samples = collect(runs, sizes, range(ROUNDS))
    loads.append(os.getloadavg()[0])
    base = next(name for name, entry in lanes.items() if entry.setting == BASE)
    for name, entry in lanes.items():
        entry.latency, entry.median_ms = ratio(samples[name], samples[base]), spread(samples[name])[0]
    return sum(loads) / len(loads)


def _header(versions: dict[str, str]) -> str:
    from edgeface.prove import versions as own

    machine = describe_machine()
    flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    has = [name for name in ("avx512_vnni", "avx512_bf16", "amx_int8") if name in flags]
    mine = ", ".join(f"{name} {number}" for name, number in own().items())
    theirs = ", ".join(f"{name} {number}" for name, number in versions.items())
    return f"""\
# Peers: int8 by other tools, from the same models and photographs

Made by `.venv/bin/python reports/peers.py` on {date.today().isoformat()}; {machine["processor"]} \
({", ".join(has)}), {machine["cores"]} cores, Python {platform.python_version()}.
edgeface's environment: {mine}.
The peers' (`.venv-peers`, from `reports/peers-constraints.txt`): {theirs}.

{METHOD}"""


METHOD = f"""\
Every tool gets the network that edgeface wrote as onnx-fp32, and the calibration photographs that edgeface calibrated
with, as float32 tensors after edgeface's preprocessing. ai-edge-quantizer reads no ONNX and gets edgeface's
tflite-fp32, whose empty buffers are made absent first: it takes them for constants. MNN's quantizer takes pictures
only, and gets 8-bit ones that give the same tensors. Settings are each tool's defaults, and then what its documentation
recommends for accuracy. Detectors: 640×480, 40 scenes calibrate. Judged on the 83 other scenes and the 5 labelled
photographs against the checkpoint in torch float32, faces at score ≥ .5 matched at IoU ≥ .5. Recognisers: 100 of 301
LFW photographs that are in no pair calibrate, the other 201 give cosines; the accuracy is of 1 000 pairs of LFW's
View 1 test list. The judging code is the same for all rows, edgeface's own included.

"Convolutions" are convolutions and matrix products by the type that the runtime computes them in, read from the loaded
model. Latency: one thread, {ROUNDS} interleaved rounds over all rows, one process each, copies in and out included; the
ratio is the median over rounds to onnx-fp32 in ONNX Runtime, with its bootstrap 95 % interval. OpenVINO runs with
PERFORMANCE_HINT LATENCY and without pinning its thread."""

LIMITS = """\
## What this cannot say

- One processor, shared with other work while this was measured: ratios hold, milliseconds are of that hour.
- LiteRT's and MNN's own ground is ARM; nothing here was timed there.
- Peers can be tuned further (nodes kept in float, quantization-aware training, searches with accuracy control); none
  was. edgeface's rows are its recipes' defaults, which were chosen on networks of these families.
- "Matched" counts faces of a few hundred: a face more or less is chance.
- ncnn is not here: its wheel carries no quantizer. TensorFlow's and torch's converters are not here: each is gigabytes
  to install.
- MNN was called beneath its commands `mnnconvert` and `mnnquant`. Both try to install a logging package and report
  their use, and `mnnquant` of this version aborts on its own arguments."""


def _ahead(found: dict[Case, list[Entry]]) -> str:
    lines = ["## Where a peer is ahead of edgeface", ""]
    for case, entries in found.items():
        ran = [entry for entry in entries if entry.latency is not None]
        own, peers = [entry for entry in ran if entry.own], [entry for entry in ran if entry.tool != "edgeface"]
        quickest, best = min(map(_speed, own)), max(map(_accuracy, own))
        faster = [f"{e.tool}, {e.setting}: × {_speed(e):.3f}" for e in peers if _speed(e) < quickest]
        closer = [f"{e.tool}, {e.setting}: {_merit(e)}" for e in peers if _accuracy(e) > best]
        champion = max(own, key=_accuracy)
        lines.append(
            f"- **{case.subject.name}**. Faster than edgeface's × {quickest:.3f}: {'; '.join(faster) or 'none'}. "
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


def _section(case: Case, entries: Sequence[Entry], load: float) -> str:
    heads = (
        "cosine, mean (least) | accuracy | change to float32, points [95 %]"
        if case.recogniser
        else "matched | extra | mean Δscore | mean landmark error"
    )
    columns = f"tool | setting | convolutions | {heads} | kB | × ONNX Runtime fp32 [95 %] | median ms"
    rows = [f"| {columns} |", "|---" * (columns.count(" | ") + 1) + "|"]
    rows += [f"| {' | '.join(_cells(entry, case.recogniser))} |" for entry in entries]
    title = f"## {case.subject.name}\n\nLoad of the machine while these were timed: {load:.1f}."
    faces = next((e.decisions["reference_faces"] for e in entries if "reference_faces" in e.decisions), None)
    return "\n".join([f"{title}{f' Faces of the reference: {faces}.' if faces else ''}", "", *rows])


def _cells(entry: Entry, recogniser: bool) -> Iterator[str]:
    yield from (entry.tool, entry.setting)
    if entry.error is not None:
        yield from (f"failed: {entry.error.replace('|', '/')}", *["–"] * (6 if recogniser else 7))
        return
    yield entry.kernels
    found = entry.decisions
    if recogniser:
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
    yield f"{model_bytes(entry.path) / 1000:.0f}"
    latency = entry.latency
    yield "–" if latency is None else f"{latency.value:.3f} [{latency.low:.3f}, {latency.high:.3f}]"
    yield f"{entry.median_ms:.2f}"


def _shown(entry: Entry) -> str:
    return entry.error or f"{_merit(entry)}; {entry.kernels}"


if __name__ == "__main__":
    main()
