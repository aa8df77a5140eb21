"""Exports and figures of one network for reports/zoo.md, kept as JSON so that an interrupted run goes on."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from subjects import ROOT, SHARED
from zoo_models import BASE, TARGETS, Model

LABELED = ("--labels", str(SHARED / "labelled"))
PAIRS = ("--pairs", str(SHARED / "lfw" / "pairs_dev.txt"), "--pair-images", str(SHARED / "lfw" / "images"))
ROUNDS = "11"


@dataclass(frozen=True)
class Workplace:
    """Where a run keeps its artifacts and figures, and the images and detector that exports use."""

    folder: Path
    faces: Path
    finder: Path

    def cells(self, model: Model) -> Path:
        """The file of a network's figures."""
        return self.folder / f"{model.name.replace(' ', '_').replace('/', '_')}.json"

    def artifacts(self, model: Model) -> Path:
        """The folder of a network's artifacts."""
        return self.cells(model).with_suffix("")


@dataclass
class Cells:
    """The figures of one network by target: a certificate's, or the first line of a refusal."""

    refused: dict[str, str] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    certificates: dict[str, Any] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)
    peak_bytes: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    lfr_flops: int | None = None
    ratios: dict[str, float] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Write the figures, all or nothing."""
        whole = path.with_suffix(".part")
        whole.write_text(json.dumps(vars(self), indent=1), encoding="utf-8")
        whole.replace(path)

    @staticmethod
    def read(path: Path) -> Cells:
        """The figures of an earlier run; none where there was no such run."""
        return Cells(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else Cells()


def export(model: Model, at: Workplace) -> None:
    """Export a network to every target that an earlier run has not exported, and note what certificates say."""
    path = at.cells(model)
    cells = Cells.read(path)
    wanted = [target for target in TARGETS if target not in cells.certificates and target not in cells.refused]
    if wanted:
        _export(model, at, cells, wanted)


def _export(model: Model, at: Workplace, cells: Cells, wanted: list[str]) -> None:
    """All targets at once; where one of several is refused nothing is written, and each half is tried."""
    started = time.monotonic()
    document, said = _edgeface("export", model.model, *_options(model, at), "--target", ",".join(wanted))
    if document is not None and document.get("artifacts"):
        for artifact in document["artifacts"]:
            _note(cells, artifact["manifest"]["target"], artifact)
        cells.seconds[",".join(wanted)] = round(time.monotonic() - started, 1)
    elif len(wanted) == 1:
        cells.refused[wanted[0]] = said
    else:
        half = len(wanted) // 2
        _export(model, at, cells, wanted[:half])
        _export(model, at, cells, wanted[half:])
    cells.save(at.cells(model))


def _note(cells: Cells, target: str, artifact: dict[str, Any]) -> None:
    cells.certificates[target] = artifact["certificate"]
    cells.bytes[target] = artifact["manifest"]["model_bytes"]
    cells.folders[target] = artifact["folder"]
    checked, _ = _edgeface("check", artifact["folder"])
    if checked is None:
        return
    figures = {name: item["value"] for name, item in checked["models"][0]["figures"].items()}
    cells.peak_bytes[target] = figures["peak_activation_bytes"]
    if target == BASE:
        cells.lfr_flops = figures["lfr_flops"]


def _options(model: Model, at: Workplace) -> list[str]:
    images = SHARED / "scenes" if model.images == "scenes" else at.faces
    found = [*model.options, "--calibration", str(images), "--out", str(at.artifacts(model)), "--no-latency"]
    if model.paired or model.seeded:
        found += ["--detector", str(at.finder)]
    found += LABELED if model.labeled else ()
    return [*found, *(PAIRS if model.paired else ()), "--no-images"]


def latencies(model: Model, at: Workplace) -> None:
    """Time a network's artifacts in interleaved rounds against fp32 in ONNX Runtime, unless an earlier run did."""
    path = at.cells(model)
    cells = Cells.read(path)
    if cells.ratios or BASE not in cells.folders:
        return
    found, _ = _edgeface("bench", *cells.folders.values(), "--baseline", cells.folders[BASE], "--rounds", ROUNDS)
    if found is not None:
        ratios = [item["ratio"] for item in found["measurements"]]
        cells.ratios = dict(zip(cells.folders, ratios, strict=True))
        cells.save(path)


def _edgeface(*arguments: str) -> tuple[dict[str, Any] | None, str]:
    """The JSON document of a command, None where it says no; and its last words on stderr in one line."""
    command = [sys.executable, "-m", "edgeface", "--quiet", *arguments, "--json"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    said = " ".join(ran.stderr.decode(errors="replace").split())[:300]
    try:
        document: dict[str, Any] = json.loads(ran.stdout)
    except ValueError:
        return None, said or f"exit {ran.returncode}"
    return document, said or str(document.get("error", ""))
