"""Write reports/throughput.md: what evaluating and calibrating cost beside the inference that they are made of.

    python reports/throughput.py --artifacts DIR --lfw DIR --photos DIR --weights FILE [--today TREE] [--rounds 3]

`--artifacts` holds exports of a detector and a recognizer, `--lfw` LFW's `images` and `pairs_dev.txt`, `--photos`
photographs to calibrate `--weights` (RetinaFace-mnet0.25, variant official) with, `--today` the checkout of an older
version to compare with. Every measurement is a process of its own, and lanes take turns. CPU seconds are user and
system time of a process and its children; bare inference is measured before and after each command, since a busy
machine makes all of them dearer. Bytecode is compiled before, as an installation does.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median

from throughput_lanes import FACES, Bare, calibration_files, tiny_images, unique_images

HERE = Path(__file__).resolve().parents[1]
LANES = Path(__file__).with_name("throughput_lanes.py")
RUNTIMES = ("ai-edge-litert", "onnxruntime", "opencv-python-headless")
BARE_IMAGES = 200
EVALUATED, CALIBRATED = (1_000, 10_000, 100_000), (40, 10_000)


def timed(words: Sequence[str], tree: Path) -> tuple[float, float, str]:
    """A command's CPU seconds with its children's, its peak memory in MB, and what it printed."""
    python = {**os.environ, "PYTHONPATH": str(tree), "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "pyc")}
    python.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        running = subprocess.Popen([sys.executable, *words], env=python, stdout=out, stderr=err, cwd=tree)
        _, status, used = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if running.returncode:
            raise SystemExit(f"{' '.join(words)}: {err.read()}")
        return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, out.read()


def bare(detector: Path, recognizer: Path, images: Path) -> Bare:
    """Bare inference's CPU milliseconds."""
    words = [str(LANES), "bare", str(detector), str(recognizer)]
    return Bare(**json.loads(timed([*words, str(images), str(BARE_IMAGES)], HERE)[2]))


def evaluations(given: argparse.Namespace) -> list[str]:
    """Rows of the table of `edgeface eval`."""
    pairs, images = given.lfw / "pairs_dev.txt", given.lfw / "images"
    count, rows = unique_images(pairs), []
    for kind in given.kinds.split(","):
        detector, recognizer = (given.artifacts / f"{name}-{kind}" for name in ("retinaface_mnet025", "mobilefacenet"))
        words = ["-m", "edgeface", "-q", "eval", "--images", images, "--pairs", pairs]
        words = [str(word) for word in (*words, "--detector", detector, "--recognizer", recognizer, "--json")]
        lanes = {"now, 1 process": (HERE, 1), "now, 2 processes": (HERE, 2)}
        lanes |= {} if given.today is None else {"before, 1 process": (given.today, 1), "before, 2": (given.today, 2)}
        ratios: dict[str, list[float]] = {lane: [] for lane in lanes}
        said, ms = set(), [bare(detector, recognizer, images).image_ms]
        for _ in range(given.rounds):
            for lane, (tree, jobs) in lanes.items():
                cpu, _, out = timed([*words, "--jobs", str(jobs)], tree)
                ms.append(bare(detector, recognizer, images).image_ms)
                ratios[lane].append(1000 * cpu / (count * (ms[-2] + ms[-1]) / 2))
                said.add(out)
                print(kind, lane, cpu, ms[-2:], ratios[lane][-1], file=sys.stderr)
        cells = " | ".join(f"{median(found):.2f}" for found in ratios.values())
        rows.append(f"| {kind} | {median(ms):.1f} ms | {cells} | {'yes' if len(said) == 1 else 'NO'} |")
    return rows


def calibrations(given: argparse.Namespace) -> list[str]:
    """Rows of the table of calibration."""
    rows = []
    for name, side in (("of 640×480 pixels", 640), ("as they are, of 1 megapixel mostly", 0)):
        with tempfile.TemporaryDirectory() as folder:
            calibration_files(given.photos, given.part, side, Path(folder))
            found: dict[str, list[dict[str, float]]] = {"ready": [], "calibrate": []}
            for _ in range(given.rounds):
                for which, runs in found.items():
                    runs.append(_lane("calibrate", which, str(given.weights), folder, "10000"))
            ready, whole = (median(run["cpu"] for run in runs) for runs in found.values())
            rows.append(f"| {name} | {ready:.1f} | {whole:.1f} | **{whole / ready:.2f}** |")
    return rows


def memory() -> list[str]:
    """Rows of the table of memory: peaks of an evaluation and of a calibration of more and more tiny images."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        tiny_images(max(EVALUATED), Path(folder))
        for count in EVALUATED:
            found = _lane("evaluate", folder, str(count))
            rows.append(f"| evaluation | {count} | {found['peak']:.0f} MB | {1000 * found['cpu'] / count:.2f} ms |")
        for count in CALIBRATED:
            found = _lane("gather", folder, str(count))
            rows.append(f"| calibration | {count} | {found['peak']:.0f} MB | {1000 * found['cpu'] / count:.2f} ms |")
    return rows


def _lane(*words: str) -> dict[str, float]:
    found: dict[str, float] = json.loads(timed([str(LANES), *words], HERE)[2])
    print(words, found, file=sys.stderr)
    return found


TEXT = """# Throughput: evaluation and calibration beside bare inference

`python reports/throughput.py …` on {machine}, {day}; {versions}. {rounds} round(s), medians, in CPU
seconds; bare inference was measured before and after each command.

## Evaluation

`edgeface eval` of LFW's View 1 ({count} images, of which 250×250 pixels are fed to the detector at 480×640, then the
face twice to the recognizer): CPU seconds of the whole command, start and figures included, over those of the same
runs in the same runtimes, by one thread, on ready tensors.

| artifacts | bare inference, an image | {lanes} | the same output |
|---|---|{dashes}---|
{evaluations}

## Calibration

A part of 10 000 photographs ({part} of them), RetinaFace-mnet0.25 at 480×640, as `edgeface calibrate --part` takes it.
Bare are the same runs of the same sessions, as many at once, on ready tensors: of the network that outputs bounds, and
for sampled images of the one that outputs every value.

| photographs | bare, CPU seconds | calibration, CPU seconds | calibration / bare |
|---|---|---|---|
{calibrations}

## Memory

Peaks of processes that evaluate, or calibrate with, so many different images of 8×8 pixels. The evaluation has a
stand-in for the detector that gives {faces} faces in each image; it reads, keeps, ranks and resamples. The calibration
is of a detector at 64×96.

| what | images | peak memory | CPU, an image |
|---|---|---|---|
{memory}

An evaluation is not flat beyond: it takes 2 kB more for each image, for its path, the place of its rows and the scores
of its faces, which are ranked together.
"""


def main() -> None:
    """Measure, and write the report."""
    parser = argparse.ArgumentParser()
    for name in ("--artifacts", "--lfw", "--photos", "--weights", "--today"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--kinds", default="tflite-int8,onnx-int8,onnx-fp32")
    parser.add_argument("--part", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    lanes = ["now, 1 process", "now, 2 processes", *(["before, 1 process", "before, 2"] if given.today else [])]
    text = TEXT.format(
        machine=f"{os.cpu_count()} processors",
        day=date.today().isoformat(),
        versions=", ".join(
            f"{name} {version(name)}" for name in ("ai-edge-litert", "onnxruntime", "opencv-python-headless")
        ),
        rounds=given.rounds,
        count=unique_images(given.lfw / "pairs_dev.txt"),
        lanes=" | ".join(lanes),
        dashes="---|" * len(lanes),
        evaluations="\n".join(evaluations(given)),
        part=given.part,
        calibrations="\n".join(calibrations(given)),
        faces=FACES,
        memory="\n".join(memory()),
    )
    Path(__file__).with_suffix(".md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
