from __future__ import annotations

from edgeface.backends.tensorrt.build import build_engine
from edgeface.backends.tensorrt.layers import EngineLayer, EngineTensor
from edgeface.backends.tensorrt.request import EngineRequest
from edgeface.backends.tensorrt.traffic import moved_bytes


def layer(inputs=(), constants=(), outputs=()):
    return EngineLayer("k", "kgen", (), tuple(inputs), tuple(constants), tuple(outputs))


def test_each_tensor_counts_by_its_dtype_and_once_a_layer():
    half, whole = EngineTensor("a", "Half", "", (1, 8)), EngineTensor("b", "Float", "", (1, 8))
    stored, few = EngineTensor("c", "Int8", "", (-1, 8)), EngineTensor("d", "Int4", "", (8,))
    assert moved_bytes([layer([half, half], [few], [whole])]) == 16 + 4 + 32
    assert moved_bytes([layer([stored]), layer(outputs=[stored])]) == 16


def test_the_detector_moves_about_half_as_much_in_fp16(tensorrt, retinaface):
    request = EngineRequest(("86",) if tensorrt.ahead_of_time else ())
    whole, half = (moved_bytes(build_engine(retinaface[kind], request).layers) for kind in ("fp32", "fp16"))
    assert 0.45 * whole < half < 0.65 * whole
