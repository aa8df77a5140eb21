"""Every runner may be shared by threads, and what it hands out stays as it was."""

from __future__ import annotations

import numpy as np
import pytest
from in_threads import in_threads

from edgeface.backends import runtimes
from edgeface.backends.open import open_runner
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.bundle.face_runner.ncnn_network import NcnnNetwork
from edgeface.bundle.face_runner.network import Network


def litert(kernels):
    return lambda files: LiteRtRunner(files["tflite"], kernels=kernels)


def by_name(name, kind):
    return lambda files: runtimes()[name].open(files[kind], 2)


class Board:
    """The board's network, with the interface of every runner."""

    def __init__(self, files):
        content = files["tflite"].read_bytes()
        self.inputs = LiteRtRunner(content).inputs
        self._network = Network(content)

    def run(self, feeds):
        return self._network.run(*feeds.values())


class NcnnBoard:
    """The board's network in ncnn, which takes its image channels last as the other one."""

    def __init__(self, files):
        self.inputs = runtimes()["ncnn"].open(files["ncnn"], 1).inputs
        self._network = NcnnNetwork(files["ncnn"].read_bytes(), files["ncnn"].with_suffix(".bin").read_bytes())

    def run(self, feeds):
        (image,) = feeds.values()
        return self._network.run(image.transpose(0, 2, 3, 1))


RUNNERS = {
    "litert": by_name("litert", "tflite"),
    "reference": litert("reference"),
    "builtin": litert("builtin"),
    "board": Board,
    "board-ncnn": NcnnBoard,
    "ncnn": lambda files: runtimes()["ncnn"].open(files["ncnn"], 1),
    "onnxruntime": by_name("onnxruntime", "onnx"),
    "openvino": by_name("openvino", "openvino"),
    "onnxruntime-as-typed": by_name("onnxruntime-as-typed", "onnx"),
}


@pytest.fixture(scope="module", params=sorted(RUNNERS))
def runner(request, seeded_files):
    return RUNNERS[request.param](seeded_files)


@pytest.fixture(scope="module")
def shown(runner):
    (spec,) = runner.inputs
    return [{spec.name: np.random.default_rng(n).normal(size=spec.shape).astype(np.float32)} for n in range(6)]


def test_every_runtime_of_the_cpu_is_tried():
    assert {name for name, each in runtimes().items() if each.processor == "cpu"} <= set(RUNNERS)


def test_eight_threads_get_the_outputs_that_one_gets(runner, shown):
    def run(feeds):
        return {name: array.tobytes() for name, array in runner.run(feeds).items()}

    alone = [run(feeds) for feeds in shown]
    assert len({str(each) for each in alone}) == len(shown)
    found = in_threads(run, [shown[call % len(shown)] for call in range(96)])
    assert [call for call, each in enumerate(found) if each != alone[call % len(shown)]] == []


def test_outputs_are_copies(runner, shown):
    first = runner.run(shown[0])
    kept = {name: array.copy() for name, array in first.items()}
    for array in runner.run(shown[1]).values():
        array[:] = 0
    for name, array in runner.run(shown[0]).items():
        np.testing.assert_array_equal(first[name], kept[name])
        np.testing.assert_array_equal(array, kept[name])


def test_models_load_beside_each_other(seeded_files):
    model = seeded_files["tflite"]
    (spec,) = open_runner(model).inputs
    feeds = {spec.name: np.random.default_rng(0).normal(size=spec.shape).astype(np.float32)}

    def load(_):
        return {name: array.tobytes() for name, array in open_runner(model).run(feeds).items()}

    assert in_threads(load, range(8), threads=4) == [load(0)] * 8
