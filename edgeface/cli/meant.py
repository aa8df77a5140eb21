"""Words that people know from other tools, and ours for them."""

from __future__ import annotations

from collections.abc import Mapping

MODELS = (".pth", ".pt", ".ckpt", ".safetensors", ".onnx", ".toml")
"""How the names of what `edgeface export` takes end."""

MEANT_COMMANDS: Mapping[str, str] = {
    "compile": "export",
    "convert": "export",
    "quantize": "export",
    "build": "export",
    "evaluate": "eval",
    "info": "check",
    "flops": "check",
    "infer": "detect",
    "run": "detect",
    "predict-latency": "predict",
    "latency": "bench",
    "profile": "bench",
    "list": "models",
    "recognize": "identify",
    "match": "compare",
    "enroll": "gallery",
    "search": "identify",
    "validate": "parity",
    "test": "parity",
    "package": "bundle",
    "pack": "bundle",
    "devices": "doctor",
    "debug": "analyze",
}

MEANT_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "--calib": ("--calibration",),
    "--checkpoint": ("--weights",),
    "--ckpt": ("--weights",),
    "--data": ("--calibration", "--images"),
    "--dataset": ("--calibration", "--images"),
    "--format": ("--target",),
    "--image": ("--images", "--calibration"),
    "--images": ("--calibration",),
    "--image-size": ("--input",),
    "--imgsz": ("--input",),
    "--input-size": ("--input",),
    "--model": ("--artifact",),
    "--output": ("--out",),
    "--shape": ("--input",),
    "--size": ("--input",),
    "--val": ("--judge", "--images"),
    "-f": ("--target",),
    "-i": ("--input",),
    "-m": ("--artifact",),
    "-o": ("--out",),
    "-t": ("--target", "--threads"),
    "-w": ("--weights",),
}
"""For an option of another tool, those that may be meant: the first that the command has."""
