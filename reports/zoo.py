"""Write reports/zoo.md: public face networks × targets, with decisions, size, cost and latency.

Run as `.venv/bin/python reports/zoo.py`; it needs ../shared, and takes about an hour on two cores. `--keep DIR` works
in that folder and takes up what an earlier run left there; `--jobs N` exports N networks at a time (latencies are
measured one after the other); `--only WORD` takes the networks whose name holds the word, and prints the tables;
`--measured` writes the report of what is in `--keep DIR` already, whatever an interrupted run did not reach left out.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
from subjects import EVERY, ROOT, SHARED, edgeface
from zoo_cells import Cells, Workplace, export, latencies
from zoo_models import models
from zoo_tables import tables

from edgeface.bench.result import describe_machine
from edgeface.core.versions import versions


def main() -> None:
    """Export everything, time it, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", default="")
    parser.add_argument("--measured", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        at = _workplace((given.keep or Path(folder)).resolve())
        chosen = [model for model in models() if given.only in model.name]
        if not given.measured:
            with ThreadPoolExecutor(given.jobs) as pool:
                list(pool.map(partial(export, at=at), chosen))
            for model in chosen:
                latencies(model, at)
        found = [(model, Cells.read(at.cells(model))) for model in chosen if at.cells(model).exists()]
    left = [model.name for model in chosen if model not in {measured for measured, _ in found}]
    unreached = f"\n\nNot measured in this run: {', '.join(left)}." if left else ""
    text = f"{_header()}{unreached}\n\n{tables(found)}\n"
    if given.only:
        sys.stdout.write(text)
    else:
        (ROOT / "reports" / "zoo.md").write_text(text, encoding="utf-8")


def _workplace(folder: Path) -> Workplace:
    """Aligned faces come from LFW's images of people who are in no pair, found by an fp32 detector."""
    at = Workplace(folder, folder / "faces", folder / "finder" / "retinaface_mnet025-onnx-fp32")
    at.faces.mkdir(parents=True, exist_ok=True)
    stored = np.load(SHARED / "lfw" / "extra_250.npz")
    names, offsets, blob = stored["names"], stored["off"], stored["blob"]
    for index in range(0, len(names), EVERY):
        (at.faces / f"{names[index]}.jpg").write_bytes(blob[offsets[index] : offsets[index + 1]].tobytes())
    if not at.finder.exists():
        weights = str(SHARED / "weights" / "retinaface_mnet025_official.pth")
        options = ("--weights", weights, "--calibration", str(SHARED / "scenes"), "--input", "256x256")
        edgeface("export", *options, "--target", "onnx-fp32", "--out", str(at.finder.parent))
    return at


def _header() -> str:
    used = ", ".join(f"{name} {version}" for name, version in versions("onnxruntime", "ai-edge-litert").items())
    machine = describe_machine()
    return (
        "# Public face networks × targets: measured\n\n"
        f"Made by `.venv/bin/python reports/zoo.py` on {date.today().isoformat()}; {machine.get('processor', '')}, "
        f"{os.cpu_count()} cores; {used}.\n\n"
        "Detectors calibrate on a part of `scenes` and are judged on the rest; their decisions are the average\n"
        "precision (IoU ≥ 0.5) of fp32 → artifact on 5 labelled photographs. Recognizers calibrate on faces of LFW's\n"
        "people who are in no pair; their decisions are the accuracy on 1 000 pairs of View 1's test list, and the\n"
        "mean cosine to fp32's embeddings. Other networks see the same faces as crops: the worst output's cosine.\n"
        "Seeded networks have no training: their rows say what arithmetic costs, not what decisions do."
    )


if __name__ == "__main__":
    main()
