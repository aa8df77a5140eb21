"""The tools of reports/elsewhere.py: their environments, and processes that run a model in one of them."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from elsewhere_artifacts import Given
from subjects import ROOT

PINS = ROOT / "reports" / "elsewhere-constraints.txt"
WORKER = ROOT / "reports" / "elsewhere_worker.py"
LIMIT_S = 1500


@dataclass(frozen=True)
class Lane:
    """A tool with a setting: its function in the workers, its environment, and the formats that it reads."""

    name: str
    tool: str
    environment: str
    setting: str
    formats: tuple[str, ...]

    @property
    def as_nchw(self) -> bool:
        """Whether it turns models to NCHW, and then wants images so."""
        return self.tool == "opencv"


_MODELS = ("tflite", "onnx")
LANES = (
    Lane("LiteRT, without delegate", "litert", "litert", "BUILTIN_WITHOUT_DEFAULT_DELEGATES", ("tflite",)),
    Lane("LiteRT, reference kernels", "litert", "litert", "BUILTIN_REF", ("tflite",)),
    Lane("tflite-micro", "tflite_micro", "tflite-micro", "", ("tflite",)),
    Lane("vela for Ethos-U55", "vela", "vela", "ethos-u55-128", ("tflite",)),
    Lane("vela for Ethos-U85", "vela", "vela", "ethos-u85-256", ("tflite",)),
    Lane("OpenVINO", "openvino", "openvino", "", _MODELS),
    Lane("OpenVINO, f32", "openvino", "openvino", "f32", _MODELS),
    Lane("OpenCV dnn", "opencv", "opencv", "", _MODELS),
    Lane("IREE", "iree", "iree", "", _MODELS),
    Lane("TVM", "tvm", "tvm", "", _MODELS),
    Lane("MNN", "mnn", "mnn", "", _MODELS),
    Lane("tract", "tract", "tract", "", ("onnx",)),
    Lane("pnnx → ncnn", "pnnx", "pnnx", "", ("onnx",)),
    Lane("pnnx fp16=0 → ncnn", "pnnx", "pnnx", "fp16=0", ("onnx",)),
    Lane("ncnn, default options", "ncnn", "pnnx", "", ("param",)),
)


@dataclass
class Cell:
    """What became of an artifact in a tool; `at` and `said` where it did not go through."""

    artifact: str
    lane: str
    key: str
    notes: list[str] = field(default_factory=list)
    at: str = ""
    said: str = ""
    result: dict[str, Any] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Write it, all or nothing."""
        whole = path.with_suffix(".part")
        whole.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        whole.replace(path)


def pins() -> dict[str, list[str]]:
    """The pinned packages of each environment."""
    parts = re.split(r"^# \[(.+)\]$", PINS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {name: listed.split() for name, listed in zip(parts[1::2], parts[2::2], strict=True)}


def make_environment(work: Path, name: str) -> Path:
    """The Python of an environment, installed as it is pinned unless that was done."""
    folder, wanted = work / "environments" / name, "\n".join(pins()[name])
    python, stamp = folder / "bin" / "python", folder / "pins.txt"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        print(f"installing {name}", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--no-deps", "-q", *pins()[name]], check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return python


def tried(given: Given, lane: Lane, work: Path) -> Cell:
    """Run an artifact in a tool, unless an earlier run did with the same file and packages."""
    known = remembered(given, lane, work)
    if known is not None:
        return known
    path = _place(given, lane, work)
    name = path.stem
    path.parent.mkdir(exist_ok=True)
    python, scratch = make_environment(work, lane.environment), work / "scratch" / name
    scratch.mkdir(parents=True, exist_ok=True)
    cell = Cell(given.name, lane.name, _key(given, lane))
    _run(given, lane, python, scratch, cell)
    cell.save(path)
    return cell


def remembered(given: Given, lane: Lane, work: Path) -> Cell | None:
    """What an earlier run found of the same file with the same packages."""
    path = _place(given, lane, work)
    cell = Cell(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None
    return cell if cell is not None and cell.key == _key(given, lane) else None


def _place(given: Given, lane: Lane, work: Path) -> Path:
    return work / "cells" / f"{given.name}__{lane.name.replace(' ', '-').replace('→', 'to')}.json"


def _key(given: Given, lane: Lane) -> str:
    return " ".join([given.artifact.manifest.model_sha256, *pins()[lane.environment]])


def _run(given: Given, lane: Lane, python: Path, scratch: Path, cell: Cell) -> None:
    job, answer = scratch / "job.json", scratch / "answer.npz"
    answer.unlink(missing_ok=True)
    np.save(scratch / "inputs.npy", given.stored(lane.as_nchw))
    spec, outputs = given.specs
    asked = {
        "tool": lane.tool,
        "setting": lane.setting,
        "model": str(given.artifact.model_path),
        "format": given.artifact.model_path.suffix[1:],
        "input": {"name": spec.name, "shape": list(spec.shape)},
        "outputs": [output.name for output in outputs],
        "inputs": str(scratch / "inputs.npy"),
        "scratch": str(scratch),
        "answer": str(answer),
    }
    job.write_text(json.dumps(asked), encoding="utf-8")
    command = [*(["nice", "-n", "5"] if lane.tool == "iree" else []), str(python), str(WORKER), str(job)]
    try:
        ran = subprocess.run(command, capture_output=True, timeout=LIMIT_S, cwd=scratch, check=False)
    except subprocess.TimeoutExpired:
        cell.at, cell.said = "time", f"not done in {LIMIT_S} s"
        return
    (scratch / "log.txt").write_bytes(ran.stderr)
    told = [json.loads(line) for line in ran.stdout.splitlines()]
    stages = {each["stage"]: each for each in told}
    cell.notes = stages.get("loaded", {}).get("notes", [])
    if "refused" in stages:
        cell.at, cell.said = stages["refused"]["at"], stages["refused"]["said"]
    elif "ran" not in stages:
        ended = signal.Signals(-ran.returncode).name if ran.returncode < 0 else f"code {ran.returncode}"
        lines = [line.strip() for line in ran.stderr.decode(errors="replace").splitlines() if line.strip()]
        last = f"; its last words: {' '.join(lines[-2:])}" if lines else ""
        cell.at, cell.said = "run" if "loaded" in stages else "load", f"its process ended with {ended}{last}"
    elif answer.exists():
        try:
            cell.result = given.compared(np.load(answer))
        except ValueError as error:
            cell.at, cell.said = "compare", str(error)
