"""Write reports/samples.md: the sample models that the package brings along, beside the checkpoints that taught them.

Run as `.venv/bin/python reports/samples.py`; it takes about ten minutes on two cores, and needs ../shared.
`--detector FILE` or `--recognizer FILE` judge other weights (of a training that is not over), and print instead.
`--keep DIR` keeps there what each artifact makes of each image, and takes up what an earlier run left.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from subjects import ROOT, SHARED, edgeface

from edgeface.samples import sample_of

LFW = ("--images", str(SHARED / "lfw" / "images"), "--pairs", str(SHARED / "lfw" / "pairs_dev.txt"))
FORMS = {"fp32": "onnx-fp32", "int8": "tflite-int8"}
MIN_RECALL_PERCENT = 97.0
MIN_PRECISION_SHARE = 0.75
MIN_ACCURACY = 0.95
MAX_DROP_POINTS = 0.3


@dataclass(frozen=True)
class Networks:
    """Folders of artifacts: a detector and a recognizer, by form ("fp32", "int8")."""

    detectors: Mapping[str, Path]
    recognizers: Mapping[str, Path]


@dataclass(frozen=True)
class Bench:
    """The sample's artifacts beside those of the checkpoints that taught them, and where what they find is kept."""

    sample: Networks
    teacher: Networks
    work: Path
    kept: Path

    def evaluated(self, *given: str) -> dict[str, Any]:
        """The document of `edgeface eval`."""
        return edgeface("eval", *given, "--jobs", "2", "--cache", str(self.kept / "found.npz"))


def main() -> None:
    """Export, measure, and write the report."""
    parser = argparse.ArgumentParser(description="Judge the sample models.")
    parser.add_argument("--detector", type=Path, help="other weights of the detector")
    parser.add_argument("--recognizer", type=Path, help="other weights of the recognizer")
    parser.add_argument("--keep", type=Path, help="folder for what is found in each image")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        sample = Networks(
            _sample(work, "retinaface_mnet025", options.detector), _sample(work, "mobilefacenet", options.recognizer)
        )
        bench = Bench(sample, _teachers(work), work, options.keep or work)
        text = "\n\n".join([_header(), _faces(bench), _precision(bench), _verification(bench)])
    if options.detector or options.recognizer:
        print(text)
    else:
        (ROOT / "reports" / "samples.md").write_text(text + "\n", encoding="utf-8")


def _sample(work: Path, model: str, weights: Path | None) -> dict[str, Path]:
    """What an export without arguments makes; of other weights, with the same images."""
    out = work / "sample"
    given: tuple[str, ...] = ()
    if weights is not None:
        from edgeface.samples.compose import write_images

        composed = work / f"{model}-composed"
        composed.mkdir()
        write_images(composed, "detection" if model == "retinaface_mnet025" else "recognition", 124)
        sample = sample_of(model)
        assert sample is not None
        given = ("--weights", str(weights), "--variant", sample.variant, "--calibration", str(composed))
    edgeface("export", model, *given, "--target", ",".join(FORMS.values()), "--out", str(out), "--no-latency")
    return {form: out / f"{model}-{target}" for form, target in FORMS.items()}


def _teachers(work: Path) -> Networks:
    out = work / "teacher"
    weights = SHARED / "weights"
    detector = ("--weights", str(weights / "retinaface_mnet025_official.pth"), "--variant", "official")
    edgeface("export", *detector, "--target", "onnx-fp32", "--out", str(out), "--no-latency")
    recognizer = ("--weights", str(weights / "mobilefacenet_relu6_128.pt"))
    edgeface("export", "mobilefacenet", *recognizer, "--target", "onnx-fp32", "--out", str(out), "--no-latency")
    return Networks(
        {"fp32": out / "retinaface_mnet025-onnx-fp32"},
        {"fp32": out / "mobilefacenet-onnx-fp32"},
    )


def _header() -> str:
    packages = ("torch", "onnxruntime", "ai-edge-litert", "numpy")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    sizes = [
        sample.weights.stat().st_size for sample in map(sample_of, ("retinaface_mnet025", "mobilefacenet")) if sample
    ]
    return f"""# Sample models

Made by `.venv/bin/python reports/samples.py` on {date.today()}, {platform.machine()}; {versions}.

The weights are embedded in the package, {sum(sizes):,} bytes together, and were trained as `recipes/samples/README.md`
says. Both are exported as `edgeface export [mobilefacenet] --target onnx-fp32,tflite-int8` does without further
arguments: calibrated and gated on images composed of two images. They are judged on images that neither
training nor calibration saw: the {len(list((SHARED / "lfw" / "images").glob("*/*.jpg"))):,} images of the 1 000
pairs of LFW's View 1 test list, and the labeled images."""


def _faces(bench: Bench) -> str:
    portraits = bench.work / "portraits"
    portraits.mkdir()
    for path in sorted((SHARED / "lfw" / "images").glob("*/*.jpg")):
        (portraits / path.name).symlink_to(path.resolve())
    rows = []
    official = ("--reference", str(bench.teacher.detectors["fp32"]), "--images", str(portraits))
    for form, artifact in bench.sample.detectors.items():
        found = bench.evaluated("--detector", str(artifact), *official)["agreement"]
        recall = 100 * found["matched"] / found["reference_faces"]
        verdict = _met(recall >= MIN_RECALL_PERCENT)
        rows.append(f"| sample {form} | {found['reference_faces']} | {recall:.2f} % | {found['extra']} | {verdict} |")
    table = "\n".join(rows)
    return f"""## Detector: the official checkpoint's faces on LFW

Of the faces that the official checkpoint finds at 480×640 with a score of at least .5, those that the sample finds.

| detector | faces | found | further faces | ≥ {MIN_RECALL_PERCENT:g} % |
|---|---|---|---|---|
{table}"""


def _precision(bench: Bench) -> str:
    labeled = str(SHARED / "labelled")
    given = ("--images", labeled, "--labels", labeled)
    official = bench.evaluated("--detector", str(bench.teacher.detectors["fp32"]), *given)["average_precision"]
    names = list(official)
    rows = [f"| official fp32 | {' | '.join(f'{official[name]:.3f}' for name in names)} | |"]
    for form, artifact in bench.sample.detectors.items():
        found = bench.evaluated("--detector", str(artifact), *given)["average_precision"]
        shares = [found[name] / official[name] for name in names]
        cells = " | ".join(f"{found[name]:.3f} ({share:.0%})" for name, share in zip(names, shares, strict=True))
        rows.append(f"| sample {form} | {cells} | {_met(min(shares) >= MIN_PRECISION_SHARE)} |")
    table = "\n".join(rows)
    return f"""## Detector: average precision on the labeled images

| detector | {" | ".join(names)} | ≥ {MIN_PRECISION_SHARE:.0%} of the official |
|---|{"---|" * len(names)}---|
{table}"""


def _verification(bench: Bench) -> str:
    sample, teacher, rows = bench.sample, bench.teacher, []
    for name, recognizer, detector in (
        ("teacher fp32, official detector fp32", teacher.recognizers["fp32"], teacher.detectors["fp32"]),
        ("sample fp32, official detector fp32", sample.recognizers["fp32"], teacher.detectors["fp32"]),
        ("sample fp32, sample detector fp32", sample.recognizers["fp32"], sample.detectors["fp32"]),
        ("sample int8, sample detector int8", sample.recognizers["int8"], sample.detectors["int8"]),
    ):
        found = _verified(bench, recognizer, detector)
        accuracy = found["verifications"][0]["fold_accuracy"]["mean"]
        lost = len(found["without_face"]["images"])
        verdict = _met(accuracy >= MIN_ACCURACY) if name.startswith("sample") else ""
        rows.append(f"| {name} | {accuracy:.2%} | {lost} | {verdict} |")
    reference = ("--reference", str(sample.recognizers["fp32"]))
    paired = _verified(bench, sample.recognizers["int8"], sample.detectors["fp32"], *reference)
    after, before = (item["fold_accuracy"]["mean"] for item in paired["verifications"][:2])
    change = 100 * (after - before)
    table = "\n".join(rows)
    return f"""## Recognizer: verification from whole images

Accuracy on the 1 000 pairs by ten folds; an image without a face counts as an error.

| recognizer and detector | accuracy | images without a face | ≥ {MIN_ACCURACY:.0%} |
|---|---|---|---|
{table}

int8 against fp32 on the same aligned faces (sample detector fp32): {before:.2%} → {after:.2%}, {change:+.2f} points; at
most {MAX_DROP_POINTS:g} may be lost: {_met(change >= -MAX_DROP_POINTS)}."""


def _verified(bench: Bench, recognizer: Path, detector: Path, *more: str) -> dict[str, Any]:
    return bench.evaluated("--recognizer", str(recognizer), "--detector", str(detector), *LFW, *more)


def _met(holds: bool) -> str:
    return "met" if holds else "**missed**"


if __name__ == "__main__":
    main()
