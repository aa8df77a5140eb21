"""Judge the sample models: `python recipes/samples/evaluate.py --data DIR --detector FILE --recogniser FILE`.

Everything is measured by `edgeface export` and `edgeface eval`, on photographs that nothing was trained on: LFW's
`lfw/images` and the boxes of `labelled/`. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from photographs import Photographs

OFFICIAL = "weights/retinaface_mnet025_official.pth"
TEACHER = "weights/mobilefacenet_relu6_128.pt"
_EVERY = 40


def main() -> None:
    """Export, evaluate and print."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        work, data = Path(folder), options.data
        found: dict[str, Any] = {}
        if options.detector is not None:
            found["detector"] = _judge_detector(work, data, options.detector, options.jobs)
        if options.recogniser is not None:
            found["recogniser"] = _judge_recogniser(work, data, options)
        weights = [path for path in (options.detector, options.recogniser) if path is not None]
        found["weights_bytes"] = sum(path.stat().st_size for path in weights)
    print(json.dumps(found, indent=2))


def _judge_detector(work: Path, data: Path, weights: Path, jobs: int) -> dict[str, Any]:
    """Recall of the official checkpoint's faces on LFW, and average precision beside its."""
    portraits = work / "portraits"
    portraits.mkdir()
    for path in sorted((data / "lfw" / "images").glob("*/*.jpg")):
        (portraits / path.name).symlink_to(path.resolve())
    pairs = {}
    for size in ("256x256", "480x640"):
        official = _export_detector(work / "official" / size, data, data / OFFICIAL, size)
        pairs[size] = (_export_detector(work / "sample" / size, data, weights, size), official)
    report: dict[str, Any] = {}
    for size, (sample, official) in pairs.items():
        given = ("--detector", str(sample), "--reference", str(official), "--jobs", str(jobs))
        agreement = _edgeface("eval", *given, "--images", str(portraits))["agreement"]
        share = 100 * agreement["matched"] / agreement["reference_faces"]
        report[f"lfw_{size}"] = {"recall_of_official_percent": round(share, 2), **agreement}
        labelled = str(data / "labelled")
        precision = _edgeface("eval", *given, "--images", labelled, "--labels", labelled)
        report[f"labelled_{size}"] = {
            "sample": precision["average_precision"],
            "official": precision["reference_average_precision"],
        }
    return report


def _judge_recogniser(work: Path, data: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Accuracy on LFW's pairs from photographs, beside the teachers'."""
    faces = work / "faces"
    faces.mkdir()
    portraits = Photographs(data).portraits
    for index in range(0, len(portraits), _EVERY):
        (faces / f"{index}.jpg").write_bytes(portraits.encoded(index))
    official = _export_detector(work / "finder", data, data / OFFICIAL, "256x256")
    sample = official
    if options.detector is not None:
        sample = _export_detector(work / "sample_finder", data, options.detector, "256x256")
    report = {}
    for name, weights, finder in (
        ("sample", options.recogniser, sample),
        ("sample_faces_by_official", options.recogniser, official),
        ("teacher", data / TEACHER, official),
    ):
        given = ("--weights", str(weights), "--calibration", str(faces), "--detector", str(finder))
        _edgeface("export", "mobilefacenet", *given, "--target", "onnx-fp32", "--out", str(work / name))
        lfw = ("--images", str(data / "lfw" / "images"), "--pairs", str(data / "lfw" / "pairs_dev.txt"))
        artifact = str(work / name / "mobilefacenet-onnx-fp32")
        chosen = ("--recogniser", artifact, "--detector", str(finder), "--jobs", str(options.jobs))
        document = _edgeface("eval", *chosen, *lfw)
        verified = document["verifications"][0]
        report[name] = {
            "fold_accuracy": verified["fold_accuracy"],
            "best_threshold": verified["best_threshold"],
            "without_face": len(document["without_face"]["photographs"]),
        }
    return report


def _export_detector(out: Path, data: Path, weights: Path, size: str) -> Path:
    given = ("--weights", str(weights), "--variant", "official", "--colour", "bgr", "--input", size)
    calibration = ("--calibration", str(data / "scenes"))
    _edgeface("export", "retinaface_mnet025", *given, *calibration, "--target", "onnx-fp32", "--out", str(out))
    return out / "retinaface_mnet025-onnx-fp32"


def _edgeface(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "edgeface", "--quiet", *arguments, "--json"]
    ran = subprocess.run(command, capture_output=True, check=False, text=True)
    if ran.returncode not in {0, 1}:
        raise SystemExit(ran.stderr)
    document: dict[str, Any] = json.loads(ran.stdout)
    return document


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Judge the sample models beside their teachers.")
    parser.add_argument("--data", type=Path, required=True, help="folder with lfw/, labelled/, scenes/, weights/")
    parser.add_argument("--detector", type=Path, help="the sample detector's weights")
    parser.add_argument("--recogniser", type=Path, help="the sample recogniser's weights")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    return parser.parse_args()


if __name__ == "__main__":
    main()
