"""Write reports/peers.md: edgeface's int8 beside that of other tools, from the same models and images.

Run as `.venv/bin/python reports/peers.py`; it makes `.venv-peers` (about 0.8 GB) as reports/peers-constraints.txt says,
and needs ../shared. On two cores that do nothing else it takes about half an hour. `--keep DIR` works in that folder,
and takes up what an earlier run, whole or cut off, left there; `--only WORD` takes the networks whose name holds the
word, and prints instead of writing the report.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from peer_lanes import PEERS, Lane, PeerProcess, kernels, make_environment, model_bytes, quantize
from peer_subjects import NAMES, Case, calibration_request, cases
from peer_tables import BASE, Entry, Measured, ahead, section, shown
from subjects import ROOT

from edgeface.backends import suffixes
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.open import open_runner
from edgeface.bench.client import Worker
from edgeface.bench.result import describe_machine
from edgeface.bench.rounds import collect, iterations_for, ratio, spread

ROUNDS = 21
OWN = (BASE, "tflite-int8", "onnx-int8")
ROWS = len(OWN) + len(PEERS)


def main() -> None:
    """Quantize and judge everything, then time it, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    versions = make_environment()
    with tempfile.TemporaryDirectory() as folder:
        kept: Path = (given.keep or Path(folder)).resolve()
        files = {name: kept / f"{name.replace(' ', '_')}.json" for name in NAMES if given.only in name}
        for case in cases(kept, [name for name, file in files.items() if len(_known(file)) < ROWS]):
            _judged(case, kept, files[case.subject.name])
        found = [_timed(Measured.load_from(file), file) for file in files.values()]
    text = "\n\n".join([_header(versions), ahead(found), *map(section, found), LIMITS]) + "\n"
    if given.only:
        sys.stdout.write(text)
    else:
        (ROOT / "reports" / "peers.md").write_text(text, encoding="utf-8")


def _known(file: Path) -> list[Entry]:
    return Measured.load_from(file).entries if file.exists() else []


def _judged(case: Case, work: Path, file: Path) -> None:
    """Quantize and judge the rows of a network that its file lacks, and write each there as it is found."""
    entries = _known(file)
    folder = work / f"peers_{file.stem}"
    request = calibration_request(case, folder)
    for number in range(len(entries), ROWS):
        if number < len(OWN):
            target = OWN[number]
            entry = Entry("edgeface", target, str(case.artifacts[target].model_path))
        else:
            lane = PEERS[number - len(OWN)]
            entry = _quantized(lane, request, folder / f"{number}{lane.suffix}")
        if entry.error is None:
            _judge(case, entry)
        print(f"{case.subject.name}: {entry.tool}, {entry.setting}: {shown(entry)}", file=sys.stderr, flush=True)
        entries.append(entry)
        Measured(case.subject.name, entries).save(file)


def _quantized(lane: Lane, request: dict[str, Any], out: Path) -> Entry:
    print(f"quantizing: {lane.tool}, {lane.name}", file=sys.stderr, flush=True)
    return Entry(lane.tool, lane.name, str(out), quantize(lane, request, out))


def _judge(case: Case, entry: Entry) -> None:
    path = Path(entry.path)
    try:
        entry.size_bytes = model_bytes(path)
        if path.suffix in suffixes():
            entry.kernels = kernels(path)
            layout = "nchw" if path.suffix == ".onnx" else "nhwc"
            entry.decisions = case.judged(FloatRunner(open_runner(path), layout).run)
            return
        with PeerProcess(path) as process:
            entry.kernels = process.kernels
            entry.decisions = case.judged(process.run)
    except Exception as error:
        entry.error = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"


def _timed(measured: Measured, file: Path) -> Measured:
    """Time all rows that have a model, in interleaved rounds, unless that was done."""
    if measured.day:
        return measured
    print(f"timing {measured.name}", file=sys.stderr, flush=True)
    lanes = {f"{number}": entry for number, entry in enumerate(measured.entries) if entry.error is None}
    loads = [os.getloadavg()[0]]
    with ExitStack() as stack:
        runs = {}
        for name, entry in lanes.items():
            path = Path(entry.path)
            if path.suffix in suffixes():
                load = {"model": entry.path, "threads": 1, "batch": 1, "on": "x86"}
                runs[name] = stack.enter_context(Worker(entry.setting, load)).run
            else:
                runs[name] = stack.enter_context(PeerProcess(path)).latencies_ms
        sizes = {name: iterations_for(run) for name, run in runs.items()}
        samples = collect(runs, sizes, range(ROUNDS))
    loads.append(os.getloadavg()[0])
    base = next(name for name, entry in lanes.items() if entry.setting == BASE)
    for name, entry in lanes.items():
        entry.latency, entry.median_ms = ratio(samples[name], samples[base]), spread(samples[name])[0]
    done = replace(measured, day=date.today().isoformat(), load=sum(loads) / len(loads))
    done.save(file)
    return done


def _header(versions: dict[str, str]) -> str:
    from edgeface.core.versions import versions as own

    machine = describe_machine()
    flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    has = [name for name in ("avx512_vnni", "avx512_bf16", "amx_int8") if name in flags]
    mine = ", ".join(f"{name} {number}" for name, number in own("ai-edge-litert", "flatbuffers").items())
    theirs = ", ".join(f"{name} {number}" for name, number in versions.items())
    return f"""\
# Peers: int8 by other tools, from the same models and images

Made by `.venv/bin/python reports/peers.py` on {date.today().isoformat()}; {machine["processor"]} \
({", ".join(has)}), {machine["cores"]} cores, Python {platform.python_version()}.
edgeface's environment: {mine}.
The peers' (`.venv-peers`, from `reports/peers-constraints.txt`): {theirs}.

{METHOD}"""


METHOD = f"""\
Every tool gets the network that edgeface wrote as onnx-fp32, and the calibration images that edgeface calibrated
with, as float32 tensors after edgeface's preprocessing. litert-quantizer, and ai-edge-quantizer, which it was before,
read no ONNX and get edgeface's tflite-fp32, whose empty buffers are made absent first: they take them for constants.
MNN's quantizer takes images only, and gets 8-bit ones that give the same tensors. Settings are each tool's defaults,
and then what its documentation recommends for accuracy. Detectors: 640×480, 40 scenes calibrate. Judged on the 83
other scenes and the 5 labeled images against the checkpoint in torch float32, faces at score ≥ .5 matched at IoU ≥
.5. Recognizers: 100 of 301 LFW images that are in no pair calibrate, the other 201 give cosines; the accuracy is of 1
000 pairs of LFW's View 1 test list. The judging code is the same for all rows, edgeface's own included.

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


if __name__ == "__main__":
    main()
