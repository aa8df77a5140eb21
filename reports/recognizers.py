"""Write reports/recognizers.md: recognizers and the face pipeline, measured end to end.

Run as `.venv/bin/python reports/recognizers.py`; it takes about ten minutes on two cores, and needs ../shared.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
WEIGHTS = {"prelu-112x96": "mobilefacenet_prelu_112x96.ckpt", "relu6-128": "mobilefacenet_relu6_128.pt"}
PAIRS = ("--pairs", str(SHARED / "lfw" / "pairs_dev.txt"))
EVERY = 17
ROUNDS = 3


def main() -> None:
    """Export, evaluate, measure, and write the report."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        faces = _calibration(work / "faces")
        detector = _detector(work)
        parts = [_header()]
        artifacts = {name: _recognizer(work, name, faces, detector) for name in WEIGHTS}
        parts.append(_certificates(artifacts))
        parts.append(_end_to_end(work, detector, artifacts["prelu-112x96"]))
        parts.append(_latency(artifacts))
        parts.append(_throughput(detector, artifacts["prelu-112x96"]))
    (ROOT / "reports" / "recognizers.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _run(*arguments: str) -> dict[str, Any]:
    ran = subprocess.run(
        [sys.executable, "-m", "edgeface", "--quiet", *arguments, "--json"], cwd=ROOT, capture_output=True, check=False
    )
    if ran.returncode not in {0, 1}:
        raise SystemExit(ran.stderr.decode())
    document: dict[str, Any] = json.loads(ran.stdout)
    return document


def _calibration(folder: Path) -> Path:
    """Images of people who are in no pair."""
    folder.mkdir()
    stored = np.load(SHARED / "lfw" / "extra_250.npz")
    names, offsets, blob = stored["names"], stored["off"], stored["blob"]
    for index in range(0, len(names), EVERY):
        (folder / f"{names[index]}.jpg").write_bytes(blob[offsets[index] : offsets[index + 1]].tobytes())
    return folder


def _detector(work: Path) -> dict[str, Path]:
    weights = SHARED / "weights" / "retinaface_mnet025_official.pth"
    arguments = ["--weights", str(weights), "--calibration", str(SHARED / "scenes"), "--input", "256x256"]
    _run("export", *arguments, "--target", "onnx-fp32,tflite-int8", "--out", str(work / "detector"))
    return {kind: work / "detector" / f"retinaface_mnet025-{kind}" for kind in ("onnx-fp32", "tflite-int8")}


def _recognizer(work: Path, name: str, faces: Path, detector: dict[str, Path]) -> dict[str, Path]:
    given = ["--weights", str(SHARED / "weights" / WEIGHTS[name]), "--calibration", str(faces)]
    given += ["--detector", str(detector["onnx-fp32"]), *PAIRS, "--pair-images", str(SHARED / "lfw" / "images")]
    out = work / name
    _run("export", "mobilefacenet", *given, "--target", "onnx-fp32,tflite-fp32,tflite-int8", "--out", str(out))
    _run("export", "mobilefacenet", *given, "--target", "tflite-int8", "--integer-only", "--out", str(out / "integer"))
    kinds = ("onnx-fp32", "tflite-fp32", "tflite-int8")
    found = {kind: out / f"mobilefacenet-{kind}" for kind in kinds}
    return found | {"tflite-int8 --integer-only": out / "integer" / "mobilefacenet-tflite-int8"}


def _header() -> str:
    from edgeface.core.versions import versions

    used = ", ".join(f"{name} {version}" for name, version in versions("ai-edge-litert", "flatbuffers").items())
    return (
        "# Recognizers and the face pipeline: measured\n\n"
        f"Made by `.venv/bin/python reports/recognizers.py` on {date.today().isoformat()}; {os.cpu_count()} cores; "
        f"{used}.\n\n"
        "Calibrated on 100 of 301 images of LFW that are in no pair; cosines on the other 201. Pairs: 1 000 of\n"
        "LFW's View 1 test list (`pairs_dev.txt`), faces found and aligned by the `official` detector at 256×256."
    )


def _certificates(artifacts: dict[str, dict[str, Path]]) -> str:
    rows = [
        "## Certificates\n\n| recognizer | artifact | kB | cosine mean | min | accuracy | change, points [95 %] | "
        "change of TAR at FAR 1e-3 | threshold to use | XNNPACK partitions |\n|---|---|---|---|---|---|---|---|---|---|"
    ]
    for name, kinds in artifacts.items():
        for kind, folder in kinds.items():
            certificate = json.loads((folder / "certificate.json").read_text(encoding="utf-8"))
            decisions = certificate["decisions"]
            verified, change = decisions["verification"], decisions["verification"]["change"]
            accuracy, tar = change["accuracy"], change["tar"]
            size = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["model_bytes"]
            cosines = f"{decisions['mean_cosine']:.5f} | {decisions['min_cosine']:.4f}"
            rows.append(
                f"| {name} | {kind} | {size / 1000:.0f} | {cosines} "
                f"| {verified['candidate']['fold_accuracy']['mean']:.2%} "
                f"| {100 * accuracy['value']:+.2f} [{100 * accuracy['low']:+.2f}, {100 * accuracy['high']:+.2f}] "
                f"| {100 * tar['value']:+.2f} | {decisions['threshold']:.3f} "
                f"| {certificate['kernels'].get('partitions', '–')} |"
            )
    return "\n".join(rows)


def _end_to_end(work: Path, detector: dict[str, Path], recognizer: dict[str, Path]) -> str:
    rows = [
        "## From image to verdict\n\nLFW's View 1 test pairs from raw 250×250 images.\n\n"
        "| detector | recognizer | accuracy by folds | best accuracy | without a face |\n|---|---|---|---|---|"
    ]
    for found, embedded in (("onnx-fp32", "onnx-fp32"), ("tflite-int8", "onnx-fp32"), ("tflite-int8", "tflite-int8")):
        document = _eval(detector[found], recognizer[embedded], 2, ("--cache", str(work / "cache")))
        folds, best = (document["verifications"][0][key] for key in ("fold_accuracy", "best_threshold"))
        rows.append(
            f"| {found} | {embedded} | {folds['mean']:.2%} | {best['accuracy']:.2%} "
            f"| {len(document['without_face']['images'])} |"
        )
    return "\n".join(rows)


def _eval(detector: Path, recognizer: Path, jobs: int, more: tuple[str, ...] = ()) -> dict[str, Any]:
    given = ["--detector", str(detector), "--recognizer", str(recognizer), *PAIRS]
    return _run("eval", *given, "--images", str(SHARED / "lfw" / "images"), "--jobs", str(jobs), *more)


def _latency(artifacts: dict[str, dict[str, Path]]) -> str:
    rows = [
        "## Latency\n\nOne thread, interleaved (`edgeface bench`), as a ratio to ONNX Runtime fp32.\n\n"
        "| recognizer | artifact | median ms | ratio [95 %] |\n|---|---|---|---|"
    ]
    for name, kinds in artifacts.items():
        report = _run("bench", *(str(folder) for folder in kinds.values()), "--rounds", "21")
        for kind, item in zip(kinds, report["measurements"], strict=True):
            ratio = f"{item['ratio']:.3f} [{item['ratio_low']:.3f}, {item['ratio_high']:.3f}]"
            rows.append(f"| {name} | {kind} | {item['median_ms']:.2f} | {ratio} |")
    return "\n".join(rows)


def _throughput(detector: dict[str, Path], recognizer: dict[str, Path]) -> str:
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(ROUNDS):
        for jobs, found in seconds.items():
            start = time.perf_counter()
            _eval(detector["tflite-int8"], recognizer["tflite-int8"], jobs)
            found.append(time.perf_counter() - start)
    ratios = sorted(one / two for one, two in zip(seconds[1], seconds[2], strict=True))
    one, two = (statistics.median(found) for found in seconds.values())
    return (
        "## Throughput of `edgeface eval`\n\n1 549 images, int8 detector and recognizer, whole command, "
        f"{ROUNDS} interleaved rounds; load of the machine at the end {os.getloadavg()[0]:.1f}.\n\n"
        f"| `--jobs 1` | `--jobs 2` | ratio, median [of rounds] |\n|---|---|---|\n"
        f"| {one:.1f} s | {two:.1f} s | {statistics.median(ratios):.2f} [{ratios[0]:.2f}, {ratios[-1]:.2f}] |"
    )


if __name__ == "__main__":
    main()
