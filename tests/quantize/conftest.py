from __future__ import annotations

import numpy as np
import pytest

from edgeface.graph.ops.activations import LeakyRelu
from edgeface.graph.ops.conv import Conv

SAME = (1, 1, 1, 1)


@pytest.fixture
def separable(make_graph, normal):
    """Conv → LeakyReLU → depthwise → LeakyReLU → Conv, whose channels have very unequal ranges."""
    spread = np.float32(2.0) ** np.array([0, -3, 1, -4, 1, 0], np.float32)
    rows = [
        (Conv(pads=SAME), "x w0 b0", "a0"),
        (LeakyRelu(alpha=0.1), "a0", "a"),
        (Conv(groups=6, pads=SAME), "a w1 b1", "c0"),
        (LeakyRelu(alpha=0.1), "c0", "c"),
        (Conv(), "c w2 b2", "y"),
    ]
    constants = {
        "w0": normal(6, 3, 3, 3) * spread.reshape(-1, 1, 1, 1),
        "b0": normal(6) * spread,
        "w1": normal(6, 1, 3, 3, seed=1) * spread[::-1].reshape(-1, 1, 1, 1),
        "b1": normal(6, seed=1),
        "w2": normal(4, 6, 1, 1, seed=2),
        "b2": normal(4, seed=2),
    }
    return make_graph({"x": (1, 3, 9, 7)}, rows, constants)


@pytest.fixture
def examples():
    """Images for corrections that run them: `examples(feeds)`."""
    from edgeface.backends.onnx.runner import OrtRunner
    from edgeface.graph.onnx_writer import write_onnx
    from edgeface.quantize.examples import Examples

    def of(given):
        def take(count):
            return [given[index * len(given) // count] for index in range(count)]

        return Examples(len(given), take, lambda graph: OrtRunner(write_onnx(graph), optimize=False).run)

    return of
