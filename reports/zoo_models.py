"""What reports/zoo.md measures: public networks by name, with the options of their exports."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from subjects import ROOT, SHARED

CONTRACTS = ROOT / "reports" / "contracts"
ONNX = SHARED / "onnx"
WEIGHTS = SHARED / "weights"
TARGETS = ("onnx-fp32", "tflite-fp32", "onnx-int8", "tflite-int8")
BASE = "onnx-fp32"


@dataclass(frozen=True)
class Model:
    """One network: `model` as `edgeface export` takes it, the options of its export, and what its images are.

    `images` is "scenes" for detectors, "faces" for networks that see an aligned face or the crop of one; `labeled`
    detectors are judged on labelled images, `paired` recognizers on LFW's pairs. `seeded` weights are no training.
    """

    name: str
    model: str
    options: tuple[str, ...]
    images: str
    labeled: bool = False
    paired: bool = False
    seeded: bool = False


def models() -> list[Model]:
    """Every network of the report: files of other producers, then families."""
    return [*_files(), *_family_detectors(), *_family_recognizers(), *_seeded()]


def _family_detectors() -> list[Model]:
    trainings = ("1mb", "official", "b", "c")
    found = {f"RetinaFace-mnet0.25 {name}": f"retinaface_mnet025_{name}.pth" for name in trainings}
    found |= {f"face_{kind}": f"face_{kind}_landmark.pth" for kind in ("slim", "rfb")}
    blazeface = Model("blazeface hollance", str(ONNX / "blazeface_hollance.pth"), (), "scenes", labeled=True)
    return [*(_weights(name, file, ("--input", "480x640")) for name, file in found.items()), blazeface]


def _weights(name: str, file: str, options: tuple[str, ...]) -> Model:
    path = WEIGHTS / file
    return Model(name, str(path), options, "scenes", labeled=True)


def _files() -> list[Model]:
    """Every file that has a contract here; its task is in the contract."""
    return [_file(contract) for contract in sorted(CONTRACTS.glob("*.toml"))]


def _file(contract: Path) -> Model:
    text = contract.read_text(encoding="utf-8")
    detects, recognizes = 'task = "detection"' in text, 'task = "recognition"' in text
    images = "scenes" if detects else "faces"
    options = ("--contract", str(contract))
    return Model(contract.stem, str(ONNX / f"{contract.stem}.onnx"), options, images, detects, recognizes)


def _family_recognizers() -> list[Model]:
    files = {
        "MobileFaceNet PReLU 112×96": "mobilefacenet_prelu_112x96.ckpt",
        "MobileFaceNet ReLU6": "mobilefacenet_relu6_128.pt",
    }
    return [Model(name, str(WEIGHTS / file), (), "faces", paired=True) for name, file in files.items()]


def _seeded() -> list[Model]:
    families = ("vargfacenet:x1.25", "edgeface:xxs", "edgeface:xs", "ghostfacenet:v1-s2", "iresnet:r18")
    return [
        Model(f"{family} {variant} (seeded)", family, ("--seed", "0", "--variant", variant), "faces", seeded=True)
        for family, variant in (name.split(":") for name in families)
    ]
