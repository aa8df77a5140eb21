"""Recording of golden images, tensors and decisions for a bundle, on the packing machine.

The images are synthetic: SHAKE-128's bytes enlarged in integer arithmetic, so that every machine computes the same
pixels. They show no face, and no user's image enters a bundle.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from edgeface.bundle.budget_ops import BUDGET_LSB, EXACT, stages
from edgeface.bundle.face_runner.golden import (
    FIRST,
    GOLDEN,
    SCENE,
    SECOND,
    Array,
    decisions,
    golden_inputs,
    golden_values,
    image_digests,
    sampled,
)
from edgeface.bundle.face_runner.images import encode_ppm
from edgeface.bundle.face_runner.network import Network
from edgeface.bundle.face_runner.resize import Image, enlarge

KERNELS = ("xnnpack", "reference")
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


def golden_files(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Golden images, values and their record.

    Args:
        files: the bundle's settings and models by name.

    Raises:
        RunnerError: the runtime does not run a model.
    """
    size = json.loads(files["bundle.json"])["recognizer"]["contract"]["input"]
    made = {
        SCENE: encode_ppm(golden_image(*_SCENE_SIZE, seed=1)),
        FIRST: encode_ppm(golden_image(size["height"], size["width"], seed=2)),
        SECOND: encode_ppm(golden_image(size["height"], size["width"], seed=3)),
    }
    known = {**files, **made}
    record: dict[str, Any] = {"images": image_digests(known), "networks": {}, "decisions": {}}
    exact = True
    for task, (tensor, model) in golden_inputs(known).items():
        record["networks"][task] = {}
        for kernels in KERNELS:
            network = Network(model, kernels=kernels, keep_all=True)
            stored = network.set_input(tensor)
            network.invoke()
            ops, values = _record_ops(network)
            exact = exact and all(op["budget_lsb"] == BUDGET_LSB[EXACT] for op in ops)
            record["networks"][task] |= {"input": hashlib.sha256(stored.tobytes()).hexdigest(), kernels: ops}
            made[golden_values(task, kernels)] = values
    tolerances = _EXACT_TOLERANCES if exact else _FLOAT_TOLERANCES
    record["decisions"] = {kernels: decisions(known, kernels) | tolerances for kernels in KERNELS}
    return made | {GOLDEN: (json.dumps(record, sort_keys=True, separators=(",", ":")) + "\n").encode("ascii")}


def _record_ops(network: Network) -> tuple[list[dict[str, Any]], bytes]:
    """Every op's output after a run, with the offset of its samples, its hash and its budget; and all samples."""
    operators, names = network.operators(), network.tensor_names()
    outputs = [int(index) for operator in operators for index in operator["outputs"]]
    arrays: dict[int, Array] = {index: network.tensor(index) for index in outputs}
    is_float = {index: array.dtype.kind == "f" for index, array in arrays.items()}
    ops: list[dict[str, Any]] = []
    values = bytearray()
    for index, (operator, stage) in enumerate(zip(operators, stages(operators, is_float), strict=True)):
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
