"""Write reports/openvino_plans.md: what OpenVINO computes in integers of the detector, its time and its accuracy.

Run as `.venv/bin/python reports/openvino_plans.py --keep DIR`, where DIR is what reports/openvino_int8.py kept: its
detector in float32, and what hides AVX-512. Plans are `[quantize.integers]` of the recipe; each is exported on the same
statistics, judged by its export, and timed in CPU seconds beside the others.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from openvino_int8 import CORES, Lane, timed
from subjects import ROOT, SHARED, detector, edgeface

from edgeface.backends.open import open_runner
from edgeface.core.artifact import Artifact
from edgeface.core.versions import versions

STEM, POINTWISE, HEADS = "*/stage1.0/*", "*/stage1.5/stage1.5.[3-5]/*", "*Head.*"
PLANS = {
    "nothing of `keep_float`": (),
    "stem": (STEM,),
    "last pointwise convolution of stage 1": (POINTWISE,),
    "**heads: the recipe**": (HEADS,),
    "stem, heads": (STEM, HEADS),
    "stem, last pointwise convolution of stage 1, heads": (STEM, POINTWISE, HEADS),
}
BASE = "onnx-fp32"
RECIPE = ROOT / "recipes" / "retinaface_mnet025.toml"
TABLE = re.compile(r'^\[quantize\.integers\."openvino-\*"\]\n(?:".*\n)+', re.MULTILINE)
HEAD = """\
# Which layers OpenVINO computes in integers: the detector's plans

Made by `.venv/bin/python reports/openvino_plans.py --keep DIR` on {day}, an AMD Zen 4 with AVX512-VNNI; "AVX2" is the
same processor with AVX-512 hidden; {versions}. RetinaFace-mnet0.25 `1mb`, 640×480, {images} images with {faces} faces
that calibration did not see. Time is CPU seconds as a ratio to ONNX Runtime's float32: medians of interleaved rounds.

The recipe takes the quickest plan that changes scores no more than `onnx-int8` does ({bar}, rounded). Whoever needs the
time adds patterns to `[quantize.integers."openvino-*"]` (docs/openvino.md). Where some ten faces are missed or extra, a
difference of three is chance.
"""


def main() -> None:
    """Export each plan, measure on both cores, and write the report; with `--measure`, measure in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--measure", action="store_true")
    given = parser.parse_args()
    folder = given.keep.resolve()
    if given.measure:
        print(json.dumps(_times(folder)))
        return
    for number, patterns in enumerate(PLANS.values()):
        _export(folder, number, patterns)
    times = {core: _measured(folder, hidden) for core, hidden in CORES.items()}
    (ROOT / "reports" / "openvino_plans.md").write_text(_page(folder, times), encoding="utf-8")


def _plan(folder: Path, number: int) -> Path:
    return folder / "plans" / str(number) / "retinaface_mnet025-openvino-int8"


def _export(folder: Path, number: int, patterns: tuple[str, ...]) -> None:
    lines = "".join(f'"{pattern}" = "a plan of reports/openvino_plans.py"\n' for pattern in patterns)
    text, found = TABLE.subn(f'[quantize.integers."openvino-*"]\n{lines}' if lines else "", RECIPE.read_text())
    assert found == 1
    recipe, kept = folder / f"plan-{number}.toml", folder / "statistics.npz"
    recipe.write_text(text)
    subject = detector("1mb", "480x640", SHARED / "scenes")
    statistics = ("--statistics" if number else "--save-statistics", str(kept))
    given = ("--weights", str(subject.weights), *subject.options, "--target", "openvino-int8", "--no-latency")
    edgeface("export", str(recipe), *given, *statistics, "--force", "--out", str(_plan(folder, number).parent))


def _measured(folder: Path, hidden: tuple[str, ...]) -> dict[str, list[float]]:
    before = [*hidden, str(folder / "hidden")] if hidden else []
    command = [sys.executable, *before, "reports/openvino_plans.py", "--keep", str(folder), "--measure"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True)
    found: dict[str, list[float]] = json.loads(ran.stdout.splitlines()[-1])
    return found


def _times(folder: Path) -> dict[str, list[float]]:
    base = folder / "retinaface_mnet025" / f"retinaface_mnet025-{BASE}"
    folders = {BASE: base, **{name: _plan(folder, number) for number, name in enumerate(PLANS)}}
    artifacts = {name: Artifact.open(path) for name, path in folders.items()}
    return timed({name: Lane(open_runner(each, 1), each.manifest.layout) for name, each in artifacts.items()})


def _page(folder: Path, times: dict[str, dict[str, list[float]]]) -> str:
    columns = [f"{core}: time" for core in times]
    rows = [["in integers", *columns, "missed", "extra", "mean score change", "mean landmark error"]]
    decided: dict[str, Any] = {}
    for number, name in enumerate(PLANS):
        certificate = Artifact.open(_plan(folder, number)).certificate()
        decided = certificate.decisions
        ratios = [f"{np.median(found[name]) / np.median(found[BASE]):.3f}" for found in times.values()]
        change = f"{decided['mean_score_change']:.4f}"
        error = f"{decided['mean_landmark_error_percent']:.2f} %"
        rows.append([name, *ratios, str(decided["missed"]), str(decided["extra"]), change, error])
    today = Artifact.open(folder / "retinaface_mnet025" / "retinaface_mnet025-onnx-int8").certificate().decisions
    head = HEAD.format(
        day=date.today().isoformat(),
        versions=", ".join(f"{name} {version}" for name, version in versions("openvino").items()),
        images=certificate.images,
        faces=decided["reference_faces"],
        bar=f"{today['mean_score_change']:.4f}",
    )
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, "|---" * len(rows[0]) + "|")
    return f"{head}\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
