"""onnx-int8 gives the same bits on a processor without VNNI, whose instruction adds up two products in 16 bits.

The processor is emulated (QEMU's Haswell: AVX2), with this Python and this ONNX Runtime; the one here may be any.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgeface.backends.onnx.emit import PLACEMENT as ORT
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.onnx.scheme import ORT_U8S8
from edgeface.backends.qdq.quantized import insert_quantization
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.ops.activations import LeakyRelu
from edgeface.graph.ops.arithmetic import Concat
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.shape import Reshape
from edgeface.graph.ops.spatial import MaxPool, Resize
from edgeface.quantize.observe import observe, observed_onnx
from edgeface.quantize.quantize import QuantizeOptions, quantize
from edgeface.quantize.ranges import RangeRule
from edgeface.quantize.settings import QuantizeSettings

IMAGE = (1, 3, 16, 16)
SAME = (1, 1, 1, 1)
pytestmark = pytest.mark.emulation

PROGRAMS = ("qemu-x86_64-static", "qemu-x86_64")
SCRIPT = """
import sys, numpy, onnxruntime
folder = sys.argv[1]
feeds = dict(numpy.load(f"{folder}/feeds.npz"))
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
for name in sys.argv[2:]:
    session = onnxruntime.InferenceSession(f"{folder}/{name}.onnx", options, providers=["CPUExecutionProvider"])
    outputs = [output.name for output in session.get_outputs()]
    numpy.savez(f"{folder}/{name}.npz", **dict(zip(outputs, session.run(outputs, feeds))))
"""


def staggered(weight):
    """Large weights only where they are no pair: the second and third of four, channels last, the fifth and so on."""
    last = np.moveaxis(weight, 1, -1)
    small = np.isin(np.arange(last[0].size) % 4, (0, 3)).reshape(last.shape[1:])
    return np.moveaxis(np.where(small, last * 0.01, last), -1, 1)


@pytest.fixture(scope="module", params=["even", "staggered"])
def network(make_graph, normal, request):
    """Every kind of convolution; weights of one sign and nearly one size, which add up the most."""
    rows = [
        (Conv(pads=SAME, activation="relu"), "x w0 b0", "a"),
        (Conv(groups=16, pads=SAME, activation="relu6"), "a w1 b1", "b"),
        (Conv(activation="relu"), "b w2 b2", "c"),
        (Conv(pads=SAME, strides=(2, 2)), "c w3 b3", "d"),
        (LeakyRelu(alpha=0.1), "d", "e"),
        (Concat(1), "d e", "f"),
        (Resize((16, 16)), "f", "g"),
        (Conv(), "g w4", "h"),
        (MaxPool((2, 2), (2, 2)), "h", "i"),
        (Reshape((1, 1024)), "i", "j"),
        (Gemm(), "j w5 b5", "y"),
    ]
    shapes = {"w0": (16, 3, 3, 3), "w1": (16, 1, 3, 3), "w2": (16, 16, 1, 1), "w3": (16, 16, 3, 3)}
    shapes |= {"w4": (16, 32, 1, 1), "w5": (12, 1024)}
    constants = {name: 0.3 + normal(*shape, scale=0.02) for name, shape in shapes.items()}
    if request.param == "staggered":
        constants = {name: staggered(weight).astype(np.float32) for name, weight in constants.items()}
    constants |= {f"b{i}": normal(len(constants[f"w{i}"])) for i in (0, 1, 2, 3, 5)}
    return make_graph({"x": IMAGE}, rows, constants, ["y", "h", "d", "c"])


@pytest.fixture(scope="module")
def results(network, normal, tmp_path_factory):
    """Outputs by (model, processor): "limited" as the target makes it, "free" without a limit for pairs of weights."""
    qemu = next((found for found in map(shutil.which, PROGRAMS) if found), None)
    if qemu is None:
        pytest.skip("needs qemu-x86_64 (Debian: qemu-user-static)")
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        pytest.skip("runs this very Python under emulation, so it must be one for x86-64 Linux")
    folder = tmp_path_factory.mktemp("older")
    feeds = [{"x": np.abs(normal(*IMAGE, seed=i, scale=3.0))} for i in range(6)]
    stats = observe(network, OrtRunner(observed_onnx(network)).run, feeds)
    np.savez(folder / "feeds.npz", **feeds[0])
    found = {}
    options = QuantizeOptions(RangeRule("minmax", headroom=0.0), QuantizeSettings().chosen)
    for name, scheme in (("limited", ORT_U8S8), ("free", replace(ORT_U8S8, refine=(), relieve=None))):
        made = quantize(network, stats, scheme, options)
        (folder / f"{name}.onnx").write_bytes(write_onnx(insert_quantization(made.graph, made.plan, ORT)))
        found[name, "exact"] = OrtRunner(folder / f"{name}.onnx", optimize=False).run(feeds[0])
        found[name, "here"] = OrtRunner(folder / f"{name}.onnx").run(feeds[0])
    _run_emulated(qemu, folder, "limited", "free")
    for name in ("limited", "free"):
        found[name, "older"] = dict(np.load(folder / f"{name}.npz"))
    return found


def _run_emulated(qemu: str, folder: Path, *names: str) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    python = os.path.realpath(sys.executable)
    command = [qemu, "-cpu", "Haswell", python, "-c", SCRIPT, str(folder), *names]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_target_s_integers_are_the_same_on_a_processor_without_vnni(results):
    for name, array in results["limited", "here"].items():
        np.testing.assert_array_equal(results["limited", "older"][name], array, err_msg=name)
        # Computed in float, where the order of a sum may decide a rounding.
        assert (array == results["limited", "exact"][name]).mean() > 0.99


def test_without_the_limit_they_saturate_there(results, request):
    if "staggered" in request.node.callspec.params.values():
        for name in ("d", "c"):  # what is no pair is not added up in 16 bits
            assert (results["free", "older"][name] != results["free", "here"][name]).mean() < 0.05
        return
    for name in ("y", "h", "d", "c"):
        wanted, found = results["free", "exact"][name], results["free", "older"][name]
        assert (found != wanted).mean() > 0.3
        assert found.mean() < wanted.mean()
