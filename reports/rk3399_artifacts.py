"""The artifacts whose latency reports/rk3399.md predicts: exported once through their gates, and kept.

An artifact that exists in the work folder is not exported again, so a run that was cut off goes on where it was.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgeface.backends import targets
from edgeface.core.artifact import Artifact

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
DETECTOR, SIZES = "retinaface_mnet025_1mb", ("240x320", "480x640")
COSTLY = "640×480"
"""Networks of this size take three times as long to export and to count: fewer targets, on the large cores alone."""
RECOGNIZERS = {"prelu-112x96": "mobilefacenet_prelu_112x96.ckpt", "relu6-128": "mobilefacenet_relu6_128.pt"}
INTEGER_ONLY = "tflite-int8 --integer-only"
KINDS = ("tflite-fp32", "tflite-int8", INTEGER_ONLY, "onnx-fp32", "onnx-int8", "ncnn-fp32", "ncnn-bf16", "ncnn-int8")


@dataclass(frozen=True)
class Exported:
    """An artifact: the network's name with its input size, and the target with its options."""

    network: str
    kind: str
    artifact: Artifact

    @property
    def macs(self) -> int:
        """Multiply–accumulates of one inference."""
        return self.artifact.manifest.macs


@dataclass(frozen=True)
class Network:
    """A network to export: its name in the report, its folder, and the options of `edgeface export`."""

    name: str
    folder: Path
    options: tuple[str, ...]


def exported(work: Path, remembered_only: bool = False) -> Iterator[Exported]:
    """Every artifact, in the report's order.

    Args:
        work: the folder that keeps them.
        remembered_only: leave out those that it does not have.
    """
    for network in _networks(work):
        for kind in kinds(network.name):
            if not remembered_only or _found(*_place(network, kind)):
                yield Exported(network.name, kind, _artifact(network, kind))


def kinds(network: str) -> list[str]:
    """The targets that this version has, with their options, for a network."""
    known = set(targets())
    left_out = (INTEGER_ONLY, "onnx-fp32", "onnx-int8") if COSTLY in network else ()
    return [kind for kind in KINDS if kind.split()[0] in known and kind not in left_out]


def _networks(work: Path) -> Iterator[Network]:
    weights = SHARED / "weights"
    scenes = (
        "--weights",
        str(weights / f"{DETECTOR}.pth"),
        "--variant",
        "1mb",
        "--calibration",
        str(SHARED / "scenes"),
    )
    detectors = [
        Network(f"RetinaFace {_size(size)}", work / f"detector-{size}", (*scenes, "--input", size)) for size in SIZES
    ]
    yield from detectors
    judge = _artifact(detectors[0], "onnx-fp32").folder
    for name, file in RECOGNIZERS.items():
        options = ("mobilefacenet", "--weights", str(weights / file), "--calibration", str(_faces(work / "faces")))
        yield Network(f"MobileFaceNet {name}", work / name, (*options, "--detector", str(judge)))


def _size(size: str) -> str:
    height, width = size.split("x")
    return f"{width}×{height}"


def _artifact(network: Network, kind: str) -> Artifact:
    folder, target = _place(network, kind)
    options = kind.split()[1:]
    if not _found(folder, target):
        command = [sys.executable, "-m", "edgeface", "--quiet", "export", *network.options, "--target", target]
        command += ["--effort", "fast"] if target.endswith("int8") else []
        command += [*options, "--no-latency", "--no-images", "--out", str(folder), "--json"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{network.name}, {kind}: {done.stderr or json.loads(done.stdout)}")
    return Artifact.open(_found(folder, target)[0])


def _place(network: Network, kind: str) -> tuple[Path, str]:
    """The folder that has a network's artifact, and its target."""
    target, *options = kind.split()
    return (network.folder / "integer" if options else network.folder), target


def _found(folder: Path, target: str) -> list[Path]:
    return [path.parent for path in folder.glob(f"*-{target}/manifest.json")]


def _faces(folder: Path) -> Path:
    """Images of people who are in no pair."""
    if not folder.exists():
        folder.mkdir(parents=True)
        stored = np.load(SHARED / "lfw" / "extra_250.npz")
        names, offsets, blob = stored["names"], stored["off"], stored["blob"]
        for index in range(0, len(names), 17):
            (folder / f"{names[index]}.jpg").write_bytes(blob[offsets[index] : offsets[index + 1]].tobytes())
    return folder
