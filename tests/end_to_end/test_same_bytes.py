"""An export gives the same bytes whatever threads, hash seeds, folders and orders of files it runs with."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

FILES = ("manifest.json", "certificate.json")
EXPORT = """
import sys
from pathlib import Path
import numpy
import edgeface
from edgeface.compile.report_options import ReportOptions
from edgeface.compile.request import ExportRequest
model, target, out, *calibration = sys.argv[1:]
edgeface.export(ExportRequest(
    model, (target,), seed=1, out=Path(out), report=ReportOptions(latency=False),
    variant="relu6-128" if model == "mobilefacenet" else None,
    input_size=None if model == "mobilefacenet" else (64, 96),
    calibration=Path(calibration[0]) if calibration else None,
))
"""


@dataclass(frozen=True)
class Run:
    """What differs between runs: threads that libraries may start, the seed of Python's hashes, and cores."""

    threads: int = 1
    hash_seed: int = 0
    cores: frozenset[int] = frozenset()

    @property
    def environment(self) -> dict[str, str]:
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        return {**os.environ, **dict.fromkeys(names, str(self.threads)), "PYTHONHASHSEED": str(self.hash_seed)}


def exported(run: Run, out: Path, model: str, target: str, *calibration: Path) -> dict[str, bytes]:
    """The bytes of an export by a program that imports numpy first, by name."""
    command = [sys.executable, "-c", EXPORT, model, target, str(out), *map(str, calibration)]
    before = os.sched_getaffinity(0)
    if run.cores:
        os.sched_setaffinity(0, run.cores)  # the process inherits it
    try:
        subprocess.run(command, env=run.environment, check=True, capture_output=True)
    finally:
        os.sched_setaffinity(0, before)
    (folder,) = out.iterdir()
    return read(folder)


def read(folder: Path) -> dict[str, bytes]:
    """The files of an artifact that may not differ."""
    return {name: (folder / name).read_bytes() for name in (*FILES, *(path.name for path in folder.glob("model.*")))}


@pytest.mark.slow
def test_threads_hash_seeds_and_folders_do_not_change_a_byte(seeded_artifact, tmp_path):
    one = read(seeded_artifact("tflite-int8", "mobilefacenet").folder)
    other = exported(Run(threads=4, hash_seed=7), tmp_path / "other folder", "mobilefacenet", "tflite-int8")
    assert len(one) == 3
    assert [name for name in one if one[name] != other.get(name)] == []


@pytest.mark.hostile
@pytest.mark.parametrize("target", ["tflite-int8", "onnx-int8"])
@pytest.mark.parametrize("model", ["mobilefacenet", "retinaface_mnet025"])
def test_no_number_of_threads_changes_a_byte(tmp_path, model, target):
    one_core = frozenset({min(os.sched_getaffinity(0))})
    runs = [Run(1), Run(2, 1), Run(4, 2), Run(2, 3, one_core)]
    made = [exported(run, tmp_path / str(n), model, target) for n, run in enumerate(runs)]
    for run, each in zip(runs, made, strict=True):
        assert [name for name in each if each[name] != made[0][name]] == [], run


@pytest.mark.hostile
def test_the_order_in_which_images_were_copied_does_not_change_a_byte(tmp_path, images):
    for folder, order in (("sorted", 1), ("reversed", -1)):
        (tmp_path / folder).mkdir()
        for path in sorted(images.iterdir())[::order]:
            shutil.copyfile(path, tmp_path / folder / path.name)
    first, second = (
        exported(Run(), tmp_path / f"{folder}-out", "retinaface_mnet025", "tflite-int8", tmp_path / folder)
        for folder in ("sorted", "reversed")
    )
    assert [name for name in first if first[name] != second[name]] == []
