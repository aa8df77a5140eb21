"""Write reports/onnx_int8.md: int8 for ONNX Runtime, beside LiteRT and TensorRT from the same statistics.

Run as `.venv/bin/python reports/onnx_int8.py`; it takes about a quarter of an hour on two cores, and needs ../shared.
"""

from __future__ import annotations

import os
import platform
import tempfile
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from ort_forms import forms_section
from subjects import ROOT, SHARED, Subject, detector, document, edgeface, recognizers

CALIBRATED = ("onnx-fp32", "tflite-int8")
DERIVED = ("onnx-int8", "tensorrt-int8")
BENCHED = ("onnx-fp32", "onnx-int8", "tflite-int8")
ROUNDS = 31
LATENCY_BARS = {"detector": 0.75, "prelu": 0.60}
WITHIN_POINTS = 0.5
PEERS = """\
What other tools were measured to make of these networks, in November 2026 on another machine (one AVX512-VNNI core;
`facts/peers.md` of the project's data): ONNX Runtime's own quantizer leaves 30 of the detector's 56 convolutions in
float with int8 activations; with uint8 it runs all in integers, at .79 of its float32 latency for the detector and 1.30
for the PReLU recognizer, most of whose time goes into PReLU in float."""
ONE_FILE = """\
## Accuracy, from one file of statistics

`edgeface export --target onnx-fp32,tflite-int8 --save-statistics FILE` calibrated once; onnx-int8 and tensorrt-int8
were made from that file by `--statistics FILE`. The three schemes differ (int8 with zero points; uint8, with weights
that do not saturate; int8 without zero points), what the images showed of the network is the same. Against the
checkpoint in torch float32, on images that calibration did not see. tensorrt-int8 is the ONNX that engines are
built from, computed as it is typed."""


@dataclass(frozen=True)
class Made:
    """Artifacts of a subject by target; `refused` says why a target is missing."""

    folders: dict[str, Path]
    refused: dict[str, str]


def main() -> None:
    """Export, measure, and write the report."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        made = {subject: _exported(subject, work) for subject in _subjects(work)}
        parts = [_header(), _kernels(made), _latency(made), _accuracy(made), forms_section()]
    (ROOT / "reports" / "onnx_int8.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _subjects(work: Path) -> list[Subject]:
    scenes = SHARED / "scenes"
    found = [detector(variant, "480x640", scenes) for variant in ("1mb", "official")]
    finder = ("--weights", str(SHARED / "weights" / "retinaface_mnet025_official.pth"), "--judge", str(scenes))
    pairs = ("--pairs", str(SHARED / "lfw" / "pairs_dev.txt"), "--pair-images", str(SHARED / "lfw" / "images"))
    named = [replace(subject, options=(*subject.options, *pairs)) for subject in recognizers(work, finder)]
    return found + named


def _exported(subject: Subject, work: Path) -> Made:
    """Calibrated once; each further int8 target by itself, so that one that is refused takes no other with it."""
    out, saved = work / subject.name.replace(" ", "_"), str(work / "statistics.npz")
    given = ["export", subject.model, "--weights", str(subject.weights), *subject.options, "--out", str(out)]
    edgeface(*given, "--target", ",".join(CALIBRATED), "--save-statistics", saved)
    folders = {target: out / f"{subject.model}-{target}" for target in CALIBRATED}
    refused = {}
    for target in DERIVED:
        ended = edgeface(*given, "--target", target, "--statistics", saved, check=False)
        if "error" in ended:
            refused[target] = ended["error"]["what"]
        else:
            folders[target] = out / f"{subject.model}-{target}"
    return Made(folders, refused)


def _header() -> str:
    from edgeface.core.versions import versions

    used = ", ".join(f"{name} {version}" for name, version in versions("ai-edge-litert", "flatbuffers").items())
    return (
        "# ONNX Runtime in int8: measured\n\n"
        f"Made by `.venv/bin/python reports/onnx_int8.py` on {date.today().isoformat()}; {_processor()}, "
        f"{os.cpu_count()} cores,\nPython {platform.python_version()}; {used}.\n\n"
        "Detectors: RetinaFace-mnet0.25 at 640×480, 40 scenes calibrate, the other 83 judge. Recognizers: 100 of 301\n"
        "images of LFW that are in no pair calibrate, the other 201 give cosines; 1 000 pairs of LFW's View 1\n"
        f"test list give accuracy.\n\n{PEERS}"
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown CPU")
    vnni = any("avx512_vnni" in line for line in lines if line.startswith("flags"))
    return name + (" with AVX512-VNNI" if vnni else "")


def _kernels(made: dict[Subject, Made]) -> str:
    from edgeface.backends.onnx.kernels import ort_kernels

    rows = [
        "## Convolutions after ONNX Runtime's own optimization\n\n"
        "Matrix products are counted with them. Islands are what the recipe keeps in float, with its reason in the\n"
        'manifest. "Left in float" is planned in int8 and not fused: the gate requires 0.\n\n'
        "| network | planned int8 | in integers | left in float | declared islands | transposes | other operators "
        "in integers |\n" + "|---" * 7 + "|"
    ]
    for subject, found in made.items():
        if "onnx-int8" not in found.folders:
            rows.append(f"| {subject.name} | refused: {found.refused['onnx-int8']}{' | –' * 5} |")
            continue
        counted = ort_kernels(found.folders["onnx-int8"] / "model.onnx")
        left = len(counted.left_in_float)
        further = {name: count for name, count in counted.operators.items() if name.startswith("QLinear")}
        further.pop("QLinearConv", None)
        others = ", ".join(f"{count} {name}" for name, count in further.items()) or "–"
        rows.append(
            f"| {subject.name} | {counted.planned} | {counted.in_integers} | {left} | {counted.in_float - left} "
            f"| {counted.operators.get('Transpose', 0)} | {others} |"
        )
    return "\n".join(rows)


def _latency(made: dict[Subject, Made]) -> str:
    rows = [
        f"## Latency\n\nOne thread, interleaved (`edgeface bench`, {ROUNDS} rounds), as a ratio to onnx-fp32; load of "
        f"the machine {os.getloadavg()[0]:.1f}.\n\n"
        "| network | artifact | median ms | ratio [95 %] | bar |\n|---|---|---|---|---|"
    ]
    for subject, found in made.items():
        lanes = {
            name: found.folders[name] for name in ("onnx-fp32", "onnx-int8", "tflite-int8") if name in found.folders
        }
        report = edgeface("bench", *(str(folder) for folder in lanes.values()), "--rounds", str(ROUNDS))
        for name, item in zip(lanes, report["measurements"], strict=True):
            ratio = f"{item['ratio']:.3f} [{item['ratio_low']:.3f}, {item['ratio_high']:.3f}]"
            bar = _bar(subject, item["ratio"]) if name == "onnx-int8" else "–"
            rows.append(f"| {subject.name} | {name} | {item['median_ms']:.2f} | {ratio} | {bar} |")
    return "\n".join(rows)


def _bar(subject: Subject, ratio: float) -> str:
    limit = next((limit for word, limit in LATENCY_BARS.items() if word in subject.name), None)
    return "–" if limit is None else f"≤ {limit:.2f}: {'met' if ratio <= limit else 'MISSED'}"


def _accuracy(made: dict[Subject, Made]) -> str:
    heads = (
        "| network | artifact | matched | extra | mean Δscore | to tflite-int8, points |",
        "| network | artifact | cosine, mean (least) | accuracy | change to float32, points [95 %] "
        "| to tflite-int8, points |",
    )
    tables: tuple[list[str], list[str]] = ([heads[0], "|---" * 6 + "|"], [heads[1], "|---" * 6 + "|"])
    for subject, found in made.items():
        base: float | None = None
        for target in ("tflite-int8", *DERIVED):
            table = tables[subject.model == "mobilefacenet"]
            start = f"| {subject.name} | {target}"
            if target in found.refused:
                table.append(f"{start} | refused: {found.refused[target]} | – | – | – |")
                continue
            cells, points = _cells(document(found.folders[target], "certificate")["decisions"])
            base = points if base is None else base
            table.append(f"{start} | {cells} | {_difference(points - base) if target != 'tflite-int8' else '–'} |")
    return f"{ONE_FILE}\n\n" + "\n\n".join("\n".join(table) for table in tables)


def _cells(found: dict[str, Any]) -> tuple[str, float]:
    """Three cells, and the points that artifacts are compared by: faces matched, or accuracy."""
    if "matched_percent" in found:
        matched, extra = found["matched_percent"], found["extra_percent"]
        return f"{matched:.2f} % | {extra:.2f} % | {found['mean_score_change']:.4f}", matched
    verified = found["verification"]
    accuracy, change = 100 * verified["candidate"]["fold_accuracy"]["mean"], verified["change"]["accuracy"]
    spread = f"{100 * change['value']:+.2f} [{100 * change['low']:+.2f}, {100 * change['high']:+.2f}]"
    return f"{found['mean_cosine']:.5f} ({found['min_cosine']:.4f}) | {accuracy:.2f} % | {spread}", accuracy


def _difference(points: float) -> str:
    return f"{points:+.2f}: {'within' if points >= -WITHIN_POINTS else 'MORE THAN'} {WITHIN_POINTS:g} point"


if __name__ == "__main__":
    main()
