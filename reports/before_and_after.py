"""Compare this checkout with another one of edgeface: bytes of models, wall time, memory, start of the command line.

    .venv/bin/python reports/before_and_after.py OTHER_CHECKOUT [--rounds 5] [--only bytes,exports,start]

Both run in this environment, in turns; the exports use the shared checkpoints and scenes. Writes
reports/before_and_after.md.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median

import numpy as np
import onnx
from subjects import RECOGNISERS, ROOT, SHARED

SIX = "tflite-int8,onnx-int8,onnx-fp32,tflite-fp32,tflite-fp16,onnx-fp16"
NINE = f"{SIX},tensorrt-fp32,tensorrt-fp16,tensorrt-int8"
WEIGHTS = SHARED / "weights"
DETECTOR = ("--weights", WEIGHTS / "retinaface_mnet025_1mb.pth", "--calibration", SHARED / "scenes")
Words = Sequence[str | Path]


@dataclass(frozen=True)
class Run:
    """What one process took: wall and processor seconds, and its peak memory."""

    wall_s: float
    cpu_s: float
    peak_mib: float


def run(checkout: Path, words: Words, log: Path) -> Run:
    """Run a checkout's command line; its failure ends the program."""
    command = [sys.executable, "-m", "edgeface", *map(str, words)]
    with log.open("w+") as said:
        start = time.perf_counter()
        environment = {**os.environ, "PYTHONPATH": str(checkout)}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=said, cwd="/")
        _, status, used = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"{' '.join(command)} failed ({process.returncode}):\n{said.read()[-2000:]}")
    return Run(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def in_turns(before: Path, words: Words, rounds: int, work: Path) -> tuple[float, list[Run], list[Run]]:
    """The median of the rounds' ratios of wall times, new by old, and both checkouts' runs."""
    old: list[Run] = []
    new: list[Run] = []
    for number in range(rounds):
        turns = [(before, old), (ROOT, new)]
        for checkout, runs in turns if number % 2 else turns[::-1]:
            shutil.rmtree(work / "out", ignore_errors=True)
            out = ("--out", work / "out") if words[0] == "export" else ()
            runs.append(run(checkout, [*words, *out], work / "log"))
            print(f"  {checkout.name}: {runs[-1].wall_s:.2f} s", file=sys.stderr)
    return median(n.wall_s / o.wall_s for n, o in zip(new, old, strict=True)), old, new


def models(work: Path) -> Iterator[tuple[str, Words]]:
    """Exports of both families, with real and with seeded weights, by name; the first one finds faces for others."""
    nine = ("--target", NINE, "--compute-capability", "86", "--no-latency")
    faces = work / "faces"
    faces.mkdir()
    stored = np.load(SHARED / "lfw" / "extra_250.npz")
    names, offsets, blob = stored["names"], stored["off"], stored["blob"]
    for index in range(0, len(names), 34):
        (faces / f"{names[index]}.jpg").write_bytes(blob[offsets[index] : offsets[index + 1]].tobytes())
    scenes = work / "scenes"
    scenes.mkdir()
    for file in sorted((SHARED / "scenes").iterdir())[::4]:
        (scenes / file.name).symlink_to(file)
    small = ("--input", "320x416", "--calibration", scenes)
    finder = ("--weights", WEIGHTS / "retinaface_mnet025_official.pth", "--variant", "official", "--input", "256x256")
    yield "finder", (*finder, "--target", "onnx-fp32", "--no-latency")
    for variant in ("1mb", "official"):
        weights = WEIGHTS / f"retinaface_mnet025_{variant}.pth"
        yield f"detector {variant}", ("--weights", weights, "--variant", variant, *small, *nine)
    found = work / "finder" / "retinaface_mnet025-onnx-fp32"
    for variant, file in RECOGNISERS.items():
        given = ("mobilefacenet", "--weights", WEIGHTS / file, "--calibration", faces, "--detector", found)
        yield f"recognizer {variant}", (*given, *nine)
    yield "detector seeded", ("--seed", "3", "--input", "256x256", *nine)
    yield "recognizer seeded", ("mobilefacenet", "--seed", "5", *nine)
    integers = ("--io", "int8", "--integer-only", "--target", "tflite-int8,onnx-int8", "--no-latency")
    yield "detector seeded, integers only", ("--seed", "3", "--input", "256x256", *integers)
    yield "recognizer seeded, integers only", ("mobilefacenet", "--seed", "5", *integers)


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every model file of an export, by target; of ONNX without the version of edgeface that wrote it."""
    found = {}
    for path in sorted(folder.rglob("model.*")):
        if path.suffix in {".onnx", ".tflite"}:
            data = path.read_bytes()
            if path.suffix == ".onnx":
                proto = onnx.load_from_string(data)
                proto.ClearField("producer_version")
                data = proto.SerializeToString(deterministic=True)
            found[path.parent.name] = hashlib.sha256(data).hexdigest()
    return found


def same_bytes(before: Path, work: Path) -> list[str]:
    """A table of how many models are the same."""
    rows = ["| export | models | the same bytes, but for the version in ONNX files |", "|---|---|---|"]
    for name, words in models(work):
        out: dict[Path, dict[str, str]] = {}
        for checkout in (before, ROOT):
            folder = work / name.replace(" ", "_")
            shutil.rmtree(folder, ignore_errors=True)
            run(checkout, ["--quiet", "export", *words, "--out", folder], work / "log")
            out[checkout] = digests(folder)
        other = [target for target, digest in out[before].items() if out[ROOT].get(target) != digest]
        said = "all" if not other else f"all but {', '.join(other)}"
        rows.append(f"| {name} | {len(out[before])} | {said} |")
        print(rows[-1], file=sys.stderr)
    return rows


def timed(before: Path, rounds: int, work: Path, named: Mapping[str, Words]) -> list[str]:
    """A table of ratios."""
    rows = [
        "| command | wall time × before, median of rounds | before | after | processor time × | peak memory × |",
        "|---|---|---|---|---|---|",
    ]
    for name, words in named.items():
        ratio, old, new = in_turns(before, words, rounds, work)
        walls, cpus, peaks = (
            [median(getattr(each, field) for each in runs) for runs in (old, new)]
            for field in ("wall_s", "cpu_s", "peak_mib")
        )
        rows.append(
            f"| {name} | **{ratio:.2f}** | {walls[0]:.2f} s | {walls[1]:.2f} s | {cpus[1] / cpus[0]:.2f} "
            f"| {peaks[1] / peaks[0]:.2f} ({peaks[0]:.0f} → {peaks[1]:.0f} MiB) |"
        )
        print(rows[-1], file=sys.stderr)
    return rows


def main() -> None:
    """Measure, and write the report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("before", type=Path, help="another checkout of edgeface")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="bytes,exports,start", help="which parts")
    options = parser.parse_args()
    parts, before = options.only.split(","), options.before.resolve()
    commit = subprocess.check_output(["git", "rev-parse", "--short", "HEAD"], cwd=before, text=True).strip()
    text = [
        "# This checkout against an earlier one",
        "",
        f"`reports/before_and_after.py`, {date.today().isoformat()}; before: {commit}; Python "
        f"{platform.python_version()}, {len(os.sched_getaffinity(0))} cores, in turns, {options.rounds} rounds.",
    ]
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        if "bytes" in parts:
            text += ["", "## Model files", "", *same_bytes(before, work)]
        if "exports" in parts:
            six = f"export of the detector to {SIX.count(',') + 1} targets"
            exports: dict[str, Words] = {
                six: ("export", *DETECTOR, "--target", SIX),
                "export of the detector to tflite-int8": ("export", *DETECTOR, "--target", "tflite-int8"),
            }
            text += [
                "",
                "## Exports on real weights, 40 + 83 images",
                "",
                *timed(before, options.rounds, work, exports),
            ]
        if "start" in parts:
            starts: dict[str, Words] = {
                "edgeface --help": ("--help",),
                "edgeface check": ("check", "retinaface_mnet025"),
            }
            text += ["", "## Start", "", *timed(before, 3 * options.rounds, work, starts)]
    (ROOT / "reports" / "before_and_after.md").write_text("\n".join(text) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
