"""The peers of reports/peers.py: their environment, settings, and processes that run what they made."""

from __future__ import annotations

import io
import json
import os
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from subjects import ROOT

from edgeface.graph.types import Array

ENVIRONMENT = ROOT / ".venv-peers"
PINS = ROOT / "reports" / "peers-constraints.txt"
WORKER = ROOT / "reports" / "peer_worker.py"
LIMIT_S = 1200
SHOWN = ("onnxruntime", "openvino", "nncf", "ai-edge-quantizer", "litert-quantizer", "ai-edge-litert", "MNN")


@dataclass(frozen=True)
class Lane:
    """A peer with a setting; `setting` None leaves the model in float."""

    tool: str
    name: str
    setting: dict[str, Any] | None
    suffix: str


PEERS = (
    Lane("ONNX Runtime", "quantize_static, its defaults (s8s8, per tensor, MinMax)", {}, ".onnx"),
    Lane(
        "ONNX Runtime",
        "quantize_static, u8s8 per channel, MinMax",
        {"activation_type": "QUInt8", "per_channel": True},
        ".onnx",
    ),
    Lane(
        "ONNX Runtime",
        "quantize_static, u8s8 per channel, Percentile",
        {"activation_type": "QUInt8", "per_channel": True, "calibrate_method": "Percentile"},
        ".onnx",
    ),
    Lane("OpenVINO", "not quantized, its own choice of precision", None, ".xml"),
    Lane("OpenVINO", "NNCF int8, its defaults", {}, ".xml"),
    Lane("OpenVINO", "NNCF int8, accurate bias correction", {"fast_bias_correction": False}, ".xml"),
    Lane(
        "OpenVINO",
        "NNCF int8, accurate bias correction, asymmetric activations (preset mixed)",
        {"fast_bias_correction": False, "preset": "mixed"},
        ".xml",
    ),
    Lane("ai-edge-quantizer", "static_wi8_ai8", {"recipe": "static_wi8_ai8"}, ".tflite"),
    Lane("ai-edge-quantizer", "static_wi8_ai16 (int16 activations)", {"recipe": "static_wi8_ai16"}, ".tflite"),
    Lane("MNN", "KL, its default", {"feature_quantize_method": "KL"}, ".mnn"),
    Lane("MNN", "EMA (asymmetric)", {"feature_quantize_method": "EMA"}, ".mnn"),
    Lane("litert-quantizer", "static_wi8_ai8", {"recipe": "static_wi8_ai8"}, ".tflite"),
    Lane("litert-quantizer", "static_wi8_ai16 (int16 activations)", {"recipe": "static_wi8_ai16"}, ".tflite"),
)


def make_environment() -> dict[str, str]:
    """Install the peers as they are pinned, unless that was done, and say their versions."""
    python, stamp = ENVIRONMENT / "bin" / "python", ENVIRONMENT / "pins.txt"
    if not stamp.is_file() or stamp.read_bytes() != PINS.read_bytes():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--no-deps", "-q", "-r", str(PINS)], check=True)
        stamp.write_bytes(PINS.read_bytes())
    pinned = dict(line.split("==") for line in PINS.read_text(encoding="utf-8").splitlines() if "==" in line)
    return {name: pinned[name] for name in SHOWN}


def quantize(lane: Lane, request: Mapping[str, Any], out: Path) -> str | None:
    """Write a peer's model to `out`; the first line of what it says where it does not."""
    asked = {**request, "tool": lane.tool, "setting": lane.setting, "out": str(out)}
    file = out.with_name(f"{out.stem}.request.json")
    file.write_text(json.dumps(asked), encoding="utf-8")
    command = [*_python(), "quantize", str(file)]
    try:
        ran = subprocess.run(command, capture_output=True, env=_surroundings(), timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return f"not done in {LIMIT_S} s"
    if ran.returncode:
        return f"its process ended with code {ran.returncode}: {_last_line(ran.stderr)}"
    error: str | None = json.loads(ran.stdout).get("error")
    return error


class PeerProcess:
    """A model in a peer's runtime, in a process of the peers' environment. Use it as a context manager."""

    def __init__(self, model: Path) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the process)
        self._process = subprocess.Popen(
            [*_python(), "run", str(model)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=_surroundings(),
        )
        self.kernels = str(self._received()["kernels"])

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Outputs by name."""
        return self._asked(feeds)

    def latencies_ms(self, iterations: int) -> list[float]:
        """Latencies on random values."""
        found: list[float] = self._asked({"iterations": np.array(iterations)})["ms"].tolist()
        return found

    def __enter__(self) -> PeerProcess:
        """The process itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._log.close()

    def _asked(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        assert self._process.stdin is not None
        archive = io.BytesIO()
        np.savez(archive, **dict(arrays))  # type: ignore[arg-type]  # names of tensors, not of savez's options
        self._process.stdin.write(struct.pack("<I", archive.tell()) + archive.getvalue())
        self._process.stdin.flush()
        return self._received()

    def _received(self) -> dict[str, Array]:
        assert self._process.stdout is not None
        header = self._process.stdout.read(4)
        if len(header) < 4:
            code = self._process.wait()
            self._log.seek(0)
            raise RuntimeError(f"its process ended with code {code}: {_last_line(self._log.read())}")
        size = struct.unpack("<I", header)[0]
        return dict(np.load(io.BytesIO(self._process.stdout.read(size))))


def kernels(model: Path) -> str:
    """In what type the convolutions and matrix products of an .onnx or .tflite file are computed."""
    if model.suffix == ".onnx":
        from edgeface.backends.onnx.kernels import ort_kernels

        counted = ort_kernels(model)
        silent = f" ({len(counted.left_in_float)} of them quantized in the file)" if counted.left_in_float else ""
        return f"{counted.in_integers} int8, {counted.in_float} float{silent}"
    from edgeface.backends.tflite.runner import LiteRtRunner

    runner = LiteRtRunner(model)
    tensors = runner.tensors()
    kinds = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"}
    found = Counter(tensors[op.inputs[0]].dtype for op in runner.operators() if op.name in kinds)
    return ", ".join(f"{count} {dtype.replace('float32', 'float')}" for dtype, count in sorted(found.items()))


def model_bytes(model: Path) -> int:
    """Size of a model, with the weights that OpenVINO keeps beside it."""
    files = [model, model.with_suffix(".bin")] if model.suffix == ".xml" else [model]
    return sum(file.stat().st_size for file in files)


def _python() -> list[str]:
    return [str(ENVIRONMENT / "bin" / "python"), str(WORKER)]


def _surroundings() -> dict[str, str]:
    """Nothing is reported to anybody, also where the environment has a package for it."""
    return {**os.environ, "NNCF_CI": "1"}


def _last_line(said: bytes) -> str:
    lines = [line.strip() for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
