"""Recording of golden images, tensors and decisions for a bundle, on the packing machine.

The images are synthetic: SHAKE-128's bytes enlarged in integer arithmetic, so that every machine computes the same
pixels. They show no face, and no user's image enters a bundle.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from edgeface.bundle.budget_ops import BUDGET_LSB, EXACT, FOREIGN, REQUANTIZED, ROUNDED, stages
from edgeface.bundle.compute_on_board import compute_on_board
from edgeface.bundle.face_runner.golden import (
    FIRST,
    GOLDEN,
    SCENE,
    SECOND,
    Array,
    decisions,
    golden_run,
    golden_values,
    image_digests,
    sampled,
)
from edgeface.bundle.face_runner.images import encode_ppm
from edgeface.bundle.face_runner.ncnn_network import NcnnNetwork
from edgeface.bundle.face_runner.open_network import recorded_kernels
from edgeface.bundle.face_runner.resize import Image, enlarge
from edgeface.bundle.face_runner.settings import tasks_of
from edgeface.core.progress import note
from edgeface.devices.install import INSTALL

if TYPE_CHECKING:
    from edgeface.bundle.face_runner.open_network import AnyNetwork

SAMPLES = 128
_SCENE_SIZE = 120, 160
_EXACT_TOLERANCES = {"box_tolerance_px": 1e-2, "similarity_tolerance": 1e-6}
_FLOAT_TOLERANCES = {"box_tolerance_px": 1.0, "similarity_tolerance": 0.03}


def golden_image(height: int, width: int, seed: int) -> Image:
    """A synthetic image uint8 [height,width,3]: smooth blobs of three sizes."""
    total = np.zeros((height, width, 3), np.int64)
    for level, weight in ((4, 4), (9, 2), (31, 1)):
        rows, columns = min(level, height), min(level, width)
        content = hashlib.shake_128(f"{seed} {level}".encode()).digest(rows * columns * 3)
        blocks = np.frombuffer(content, np.uint8).reshape(rows, columns, 3)
        total += weight * enlarge(blocks, height, width).astype(np.int64)
    return (total // 7).astype(np.uint8)


def golden_files(files: Mapping[str, bytes], device: str) -> dict[str, bytes]:
    """Golden images, values and their record.

    Args:
        files: the bundle's settings, models and program by name.
        device: the board; where it is emulated, it computes the values of networks that it rounds in its own way.

    Raises:
        RunnerError: the runtime does not run a model.
        RuntimeFailure: the emulated board does not run it.
    """
    settings = json.loads(files["bundle.json"])
    tasks = tasks_of(settings)
    made = _images(settings)
    known = {**files, **made}
    record: dict[str, Any] = {"images": image_digests(known), "networks": {}, "decisions": {}}
    record["networks"] = {task: {} for task in tasks}
    for kernels in recorded_kernels(settings["detector"]["model"]):
        networks = {task: golden_run(known, task, kernels) for task in tasks}
        for task, (network, stored) in networks.items():
            record["networks"][task]["input"] = hashlib.sha256(stored.tobytes()).hexdigest()
            made |= _record_network(record, task, kernels, network, _values(network), FOREIGN)
        record["decisions"][kernels] = decisions(known, kernels)
    if any(_is_narrow(network) for network, _ in networks.values()):
        made |= _record_board(record, known, device, {task: network for task, (network, _) in networks.items()})
    tolerances = _EXACT_TOLERANCES if _is_exact(record) else _FLOAT_TOLERANCES
    record["decisions"] = {kernels: decided | tolerances for kernels, decided in record["decisions"].items()}
    return made | {GOLDEN: (json.dumps(record, sort_keys=True, separators=(",", ":")) + "\n").encode("ascii")}


def _images(settings: Mapping[str, Any]) -> dict[str, bytes]:
    """A scene, and two aligned faces for a recognizer."""
    made = {SCENE: encode_ppm(golden_image(*_SCENE_SIZE, seed=1))}
    if settings["recognizer"] is not None:
        size = settings["recognizer"]["contract"]["input"]
        for name, seed in ((FIRST, 2), (SECOND, 3)):
            made[name] = encode_ppm(golden_image(size["height"], size["width"], seed))
    return made


def _record_board(
    record: dict[str, Any], files: Mapping[str, bytes], device: str, networks: Mapping[str, AnyNetwork]
) -> dict[str, bytes]:
    """Record what the emulated board computes, and return its samples' files; with a note where it is not set up."""
    computed = compute_on_board(device, files)
    if computed is None:
        note(
            "warning: the board rounds these networks in its own way, and is not emulated here: "
            f"./verify finds coarse damage only; `{INSTALL}` changes that"
        )
        return {}
    record["decisions"][computed.kernels] = computed.decisions
    made: dict[str, bytes] = {}
    for task, network in networks.items():
        made |= _record_network(record, task, computed.kernels, network, computed.values[task], REQUANTIZED)
    return made


def _record_network(
    record: dict[str, Any], task: str, kernels: str, network: AnyNetwork, values: Mapping[int, Array], narrow: int
) -> dict[str, bytes]:
    """Record a network's values, with the stage of narrow ones, and return the file of their samples."""
    ops, samples = _record_ops(network, values, _stages(network, values, narrow))
    record["networks"][task][kernels] = ops
    return {golden_values(task, kernels): samples}


def _values(network: AnyNetwork) -> dict[int, Array]:
    """Every op's outputs after a run, by tensor."""
    return {int(index): network.tensor(int(index)) for op in network.operators() for index in op["outputs"]}


def _is_narrow(network: AnyNetwork) -> bool:
    return isinstance(network, NcnnNetwork) and network.is_narrow()


def _is_exact(record: Mapping[str, Any]) -> bool:
    """Whether every machine computes the same values."""
    recorded = [ops for found in record["networks"].values() for name, ops in found.items() if name != "input"]
    return all(op["budget_lsb"] == BUDGET_LSB[EXACT] for ops in recorded for op in ops)


def _stages(network: AnyNetwork, values: Mapping[int, Array], narrow: int) -> list[int]:
    """The stage of each op. ncnn computes in float between int8 layers; `narrow` is the stage of its narrow values."""
    operators = network.operators()
    if isinstance(network, NcnnNetwork):
        return [narrow if network.is_narrow() else ROUNDED] * len(operators)
    return stages(operators, {index: array.dtype.kind == "f" for index, array in values.items()})


def _record_ops(
    network: AnyNetwork, arrays: Mapping[int, Array], found: Sequence[int]
) -> tuple[list[dict[str, Any]], bytes]:
    """Every op's output after a run, with the offset of its samples, its hash and its budget; and all samples."""
    operators, names = network.operators(), network.tensor_names()
    ops: list[dict[str, Any]] = []
    values = bytearray()
    for index, (operator, stage) in enumerate(zip(operators, found, strict=True)):
        for tensor in map(int, operator["outputs"]):
            array = arrays[tensor]
            chosen = sampled(array, min(SAMPLES, array.size))
            ops.append(
                {
                    "index": index,
                    "op": operator["op_name"],
                    "tensor": tensor,
                    "name": names[tensor],
                    "sha256": hashlib.sha256(array.tobytes()).hexdigest(),
                    "offset": len(values),
                    "count": chosen.size,
                    "lsb": _lsb(array),
                    "budget_lsb": BUDGET_LSB[stage],
                }
            )
            values += chosen.tobytes()
            values += bytes(-len(values) % 8)  # so that every dtype is aligned
    return ops, bytes(values)


def _lsb(array: Array) -> float:
    if array.dtype.kind != "f":
        return 1.0
    return float(array.max() - array.min()) / 255 or 1.0
