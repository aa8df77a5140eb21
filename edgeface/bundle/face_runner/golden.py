"""Comparison with the packing machine: golden images, tensors op by op, and decisions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from edgeface.bundle.face_runner.images import decode_image
from edgeface.bundle.face_runner.integrity import Problem
from edgeface.bundle.face_runner.open_network import golden_kernels, model_runtime, open_network
from edgeface.bundle.face_runner.pipeline import FaceRunner, aligned_face, face_tensor, letterbox
from edgeface.bundle.face_runner.resize import Image, shrink
from edgeface.bundle.face_runner.settings import BUNDLE, read_settings, tasks_of
from edgeface.tasks.recognition.vectors import cosine

if TYPE_CHECKING:
    from edgeface.bundle.face_runner.open_network import AnyNetwork

GOLDEN = "golden/golden.json"
SCENE, FIRST, SECOND = "golden/scene.ppm", "golden/first.ppm", "golden/second.ppm"
SHRUNK = 67, 91
"""Rows and columns that the scene is shrunk to; neither divides the scene's."""

Array = NDArray[Any]


@dataclass(frozen=True)
class GoldenReport:
    """Results of the comparison: ops of each network, the largest difference in LSB, and problems.

    `ops` are the compared and the recorded ones; an old runtime overwrites some.
    """

    runtime: str
    kernels: str
    ops: Mapping[str, tuple[int, int]]
    worst_lsb: float
    problems: tuple[Problem, ...]


def check_golden(files: Mapping[str, bytes]) -> GoldenReport:
    """The report of running the golden images and comparing with the record.

    Args:
        files: a bundle's files by name, already verified.
    """
    record = json.loads(files[GOLDEN])
    settings = read_settings(files[BUNDLE])
    detector = settings["detector"]["model"]
    kernels = golden_kernels(detector, record["decisions"])
    problems = [
        Problem(GOLDEN, f"{name}: this machine computes different pixels from the golden image")
        for name, digest in image_digests(files).items()
        if digest != record.get("images", record.get("pictures"))[name]  # the key's name in older bundles
    ]
    worst = 0.0
    counts: dict[str, tuple[int, int]] = {}
    for task in tasks_of(settings):
        network, stored = golden_run(files, task, kernels)
        recorded = record["networks"][task][kernels]
        hidden = network.overwritten([op["tensor"] for op in recorded])
        ops = [op for op in recorded if op["tensor"] not in hidden]
        counts[task] = len(ops), len(recorded)
        if hashlib.sha256(stored.tobytes()).hexdigest() != record["networks"][task]["input"]:
            problems.append(Problem(GOLDEN, f"{task}: the input tensor differs"))
        values = np.frombuffer(files[golden_values(task, kernels)], np.uint8)
        differing, largest = first_diverging(network, ops, values)
        worst = max(worst, largest)
        problems += [Problem(GOLDEN, f"{task}: {differing}")] if differing else []
    problems += _check_decisions(files, record["decisions"][kernels], kernels)
    return GoldenReport(model_runtime(detector), kernels, counts, worst, tuple(problems))


def first_diverging(
    network: AnyNetwork, ops: list[dict[str, Any]], values: NDArray[np.uint8]
) -> tuple[str | None, float]:
    """The first op whose output after a run differs from its golden samples.

    Returns:
        A description of the first op that exceeds its budget, or None; and the largest difference in LSB of all ops up
        to it.
    """
    worst = 0.0
    for op in ops:
        got = network.tensor(op["tensor"])
        samples = values[op["offset"] : op["offset"] + op["count"] * got.dtype.itemsize].view(got.dtype)
        found = sampled(got, op["count"])
        lsb = np.abs(found.astype(np.float64) - samples.astype(np.float64)) / op["lsb"]
        largest = float(lsb.max(initial=0.0)) if np.isfinite(lsb).all() else float("inf")
        exact = op["budget_lsb"] > 0 or hashlib.sha256(got.tobytes()).hexdigest() == op["sha256"]
        worst = max(worst, largest)
        if largest > op["budget_lsb"] or not exact:
            return _diverges(op, largest, int((lsb > 0).sum())), worst
    return None, worst


def sampled(values: Array, count: int) -> Array:
    """`count` values spread evenly over a tensor."""
    flat = values.reshape(-1)
    chosen: Array = flat[np.arange(count) * flat.size // max(count, 1)]
    return chosen


def golden_run(files: Mapping[str, bytes], task: str, kernels: str) -> tuple[AnyNetwork, Array]:
    """A task's network after a run on its golden image, every tensor readable; and its input as the network stores it.

    Raises:
        RunnerError: the runtime does not run the model.
    """
    settings = read_settings(files[BUNDLE])[task]
    spec = settings["contract"]["input"]
    if task == "detector":
        tensor = letterbox(decode_image(files[SCENE], SCENE), spec)[0]
    else:
        tensor = face_tensor(decode_image(files[FIRST], FIRST), spec)
    network = open_network(files, settings["model"], kernels=kernels, keep_all=True)
    stored = network.set_input(tensor)
    network.invoke()
    return network, stored


def image_digests(files: Mapping[str, bytes]) -> dict[str, str]:
    """SHA-256 of the golden scene after image processing: shrunk, letterboxed, aligned if there is a recognizer."""
    settings = read_settings(files[BUNDLE])
    scene = decode_image(files[SCENE], SCENE)
    made: dict[str, Array] = {
        "shrunk": shrink(scene, *SHRUNK),
        "letterboxed": letterbox(scene, settings["detector"]["contract"]["input"])[0],
    }
    if settings["recognizer"] is not None:
        made["aligned"] = _aligned(scene, settings["recognizer"]["contract"])
    return {name: hashlib.sha256(array.tobytes()).hexdigest() for name, array in made.items()}


def golden_values(task: str, kernels: str) -> str:
    """The file name of a network's golden samples, op after op, in the tensors' dtypes."""
    return f"golden/{task}.{kernels}.bin"


def decisions(files: Mapping[str, bytes], kernels: str) -> dict[str, Any]:
    """The pipeline's decisions on the golden images: faces of the scene; with a recognizer the faces' cosine."""
    runner = FaceRunner(files, threads=1, kernels=kernels)
    found: dict[str, Any] = {"faces": [face.as_dict() for face in runner.detect(decode_image(files[SCENE], SCENE))]}
    if runner.match_threshold is None:
        return found
    first, second = (runner.embed(decode_image(files[name], name)) for name in (FIRST, SECOND))
    similarity = cosine(first, second)
    return {**found, "similarity": similarity, "same": similarity >= runner.match_threshold}


def _check_decisions(files: Mapping[str, bytes], wanted: Mapping[str, Any], kernels: str) -> list[Problem]:
    got = decisions(files, kernels)
    if len(got["faces"]) != len(wanted["faces"]) or got.get("same") != wanted.get("same"):
        return [Problem(GOLDEN, "the pipeline's decisions on the golden images differ")]
    ours, theirs = ([face["box"] for face in side["faces"]] for side in (got, wanted))
    moved = float(np.abs(np.subtract(ours, theirs)).max(initial=0.0))
    shift = abs(got["similarity"] - wanted["similarity"]) if "similarity" in got else 0.0
    if moved > wanted["box_tolerance_px"] or shift > wanted["similarity_tolerance"]:
        return [Problem(GOLDEN, f"a box moved by {moved:.3g} pixels, the similarity by {shift:.3g}")]
    return []


def _aligned(scene: Image, recognizer: Mapping[str, Any]) -> Image:
    """An artificial face in the scene: the template's landmarks, slightly rotated and scaled by 1.3."""
    landmarks = [(1.3 * x - 0.2 * y + 9.5, 0.2 * x + 1.3 * y - 21.25) for x, y in recognizer["template"]]
    return aligned_face(scene, landmarks, recognizer)


def _diverges(op: Mapping[str, Any], largest: float, differing: int) -> str:
    what = f"op {op['index']} {op['op']} ({op['name']!r}) is the first that diverges: "
    if not differing:
        return what + "values between the samples differ; its budget is 0 LSB"
    return (
        what
        + f"{differing} of {op['count']} samples differ, by up to {largest:.3g} LSB; its budget is "
        + (f"{op['budget_lsb']:g} LSB")
    )
