"""CPU seconds of an export by stage, of two trees of edgeface in turns; the numbers of reports/export_cost.md.

Run as `.venv/bin/python reports/export_cost.py BEFORE AFTER --weights FILE --images DIR [--target …] [--runs 3]`, where
BEFORE and AFTER are checkouts; it needs the packages of the environment that it runs in.

CPU seconds are user and system time of the process and of those that it starts. Other work on the machine inflates them
too, so runs alternate, and medians are shown. Modules are compiled once before, as an installed package's are.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

STAGES = {
    "loading, contract": ("edgeface.exporting.checked", "Checked.open"),
    "calibration": ("edgeface.exporting.export", "calibrate"),
    "building": ("edgeface.exporting.export", "build"),
    "judging": ("edgeface.exporting.validation", "judge_built"),
    "report, latency here": ("edgeface.exporting.reports", "ExportReports.write"),
}
OTHER, CHILDREN, TOTAL = "imports, images, the rest", "latency, processes", "all"
RUNTIME = ("edgeface.backends.onnx.runner", "OrtRunner.run"), ("edgeface.backends.tflite.runner", "LiteRtRunner.run")
BARE = "of it inside runtimes"


def main() -> None:
    """Export in each tree in turns, and print a table."""
    if "--child" in sys.argv:
        sys.argv.remove("--child")
        _measured(Path(sys.argv.pop(1)))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trees", nargs="+", type=Path)
    parser.add_argument("--weights", required=True, type=Path)
    parser.add_argument("--images", required=True, type=Path)
    parser.add_argument("--target", default="tflite-int8")
    parser.add_argument("--runs", default=3, type=int)
    asked = parser.parse_args()
    found: dict[Path, list[dict[str, float]]] = {tree: [] for tree in asked.trees}
    with tempfile.TemporaryDirectory() as work:
        for number in range(asked.runs + 1):  # the first compiles modules
            for tree in asked.trees:
                seconds = _export(tree, asked, Path(work) / f"{asked.trees.index(tree)}-{number}", Path(work) / "pyc")
                if number:
                    found[tree].append(seconds)
                    print(f"{tree.name}: {seconds[TOTAL]:.2f} CPU s", file=sys.stderr)
    _print(found)


def _export(tree: Path, asked: argparse.Namespace, out: Path, compiled: Path) -> dict[str, float]:
    """CPU seconds by stage of one export by a tree."""
    environment = {**os.environ, "PYTHONPATH": str(tree.resolve()), "PYTHONPYCACHEPREFIX": str(compiled)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    arguments = ["--weights", asked.weights, "--calibration", asked.images, "--target", asked.target, "--out", out]
    out.mkdir()
    command = [sys.executable, Path(__file__).resolve(), "--child", out / "stages.json", "-q", "export", *arguments]
    subprocess.run(
        [str(part) for part in command], env=environment, cwd=out, check=True, capture_output=True, text=True
    )
    seconds: dict[str, float] = json.loads((out / "stages.json").read_text())
    return seconds


def _measured(answer: Path) -> None:
    """Run edgeface in this process, and write the CPU seconds of its stages."""
    spent = dict.fromkeys([*STAGES, BARE], 0.0)
    for stage, place in STAGES.items():
        _wrap(*place, lambda seconds, stage=stage: spent.update({stage: spent[stage] + seconds}), time.process_time)
    for place in RUNTIME:
        _wrap(*place, lambda seconds: spent.update({BARE: spent[BARE] + seconds}), time.thread_time)
    from edgeface.cli import main as edgeface

    try:
        edgeface()
    finally:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent[CHILDREN] = used.ru_utime + used.ru_stime
        spent[OTHER] = time.process_time() - sum(spent[stage] for stage in STAGES)
        spent[TOTAL] = time.process_time() + spent[CHILDREN]
        answer.write_text(json.dumps(spent))


def _wrap(module: str, name: str, add: Callable[[float], Any], clock: Callable[[], float]) -> None:
    """Have a function's time added up."""
    holder: Any = importlib.import_module(module)
    *path, last = name.split(".")
    for part in path:
        holder = getattr(holder, part)
    function = getattr(holder, last)

    def timed(*given: Any, **named: Any) -> Any:
        start = clock()
        try:
            return function(*given, **named)
        finally:
            add(clock() - start)

    setattr(holder, last, timed)


def _print(found: dict[Path, list[dict[str, float]]]) -> None:
    rows = [*STAGES, CHILDREN, OTHER, TOTAL, BARE]
    trees = list(found)
    print("| CPU seconds | " + " | ".join(tree.name for tree in trees) + " | ratio |")
    print("|---|" + "---|" * (len(trees) + 1))
    for row in rows:
        medians = [median(run[row] for run in found[tree]) for tree in trees]
        ratio = f"{medians[-1] / medians[0]:.2f}" if medians[0] else "–"
        print(f"| {row} | " + " | ".join(f"{seconds:.2f}" for seconds in medians) + f" | {ratio} |")


if __name__ == "__main__":
    main()
