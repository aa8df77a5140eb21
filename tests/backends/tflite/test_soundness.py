"""What LiteRT would take on trust is refused before memory is planned."""

from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.backends.tflite.soundness import MAX_TENSOR_BYTES, unsoundness
from edgeface.bundle.face_runner.errors import RunnerError
from edgeface.bundle.face_runner.network import Network
from edgeface.errors import InputError


class Parsed:
    """An interpreter's answers about a model that is never run."""

    def __init__(self, *operators, tensors=()):
        self.operators = [{"op_name": op, "inputs": reads, "outputs": makes} for op, reads, makes in operators]
        self.tensors = [
            {"name": "t", "index": index, "shape": np.array(shape, np.int32), "dtype": dtype}
            for index, (shape, dtype) in enumerate(tensors)
        ]

    def _get_ops_details(self):
        return self.operators

    def get_tensor_details(self):
        return self.tensors

    def get_input_details(self):
        return self.tensors[:1]


@pytest.mark.parametrize("op", ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"])
def test_only_a_bias_may_be_absent(op):
    assert unsoundness(Parsed((op, [0, 1, -1], [2]))) is None
    assert unsoundness(Parsed((op, [0, -1, 1], [2]))) == f"operator 0 ({op}) lacks its input 1"
    assert unsoundness(Parsed((op, [-1, 0, 1], [2]))) == f"operator 0 ({op}) lacks its input 0"


@pytest.mark.parametrize("op", ["ADD", "MEAN", "RESHAPE", "SOFTMAX", "CONCATENATION", "TRANSPOSE", "CUSTOM other"])
def test_other_operators_have_all_their_inputs_and_outputs(op):
    assert unsoundness(Parsed((op, [0, 1], [2]))) is None
    for lacking in ([0, -1], [-1, 0], [-1]):
        assert "lacks its input" in unsoundness(Parsed(("ADD", [0, 1], [2]), (op, lacking, [2])))
    assert unsoundness(Parsed((op, [0], [-1]))) == f"operator 0 ({op}) lacks an output"


def test_recurrent_operators_have_optional_inputs_but_not_the_first():
    assert unsoundness(Parsed(("UNIDIRECTIONAL_SEQUENCE_LSTM", [0, -1, 2, -1], [3]))) is None
    assert "lacks its input 0" in unsoundness(Parsed(("UNIDIRECTIONAL_SEQUENCE_LSTM", [-1, 1], [3])))


@pytest.mark.parametrize(
    ("shape", "dtype", "sound"),
    [
        ([MAX_TENSOR_BYTES // 4], np.float32, True),
        ([MAX_TENSOR_BYTES // 4 + 1], np.float32, False),
        ([MAX_TENSOR_BYTES], np.int8, True),
        ([1 << 30, 1 << 30, 1 << 30], np.int8, False),
        ([4, -1], np.float32, False),
        ([], np.float32, True),
        ([0, 1 << 30], np.float32, True),
    ],
)
def test_a_tensor_that_asks_for_too_much_memory_is_refused(shape, dtype, sound):
    assert (unsoundness(Parsed(tensors=[(shape, dtype)])) is None) == sound


def test_a_computed_tensor_is_bounded_and_a_constant_is_not():
    large = ([MAX_TENSOR_BYTES + 1], np.int8)
    assert unsoundness(Parsed(("ADD", [0, 1], [2]), tensors=[([1], np.int8), large, ([1], np.int8)])) is None
    assert "larger" in unsoundness(Parsed(("ADD", [0, 1], [2]), tensors=[([1], np.int8), ([1], np.int8), large]))


def test_sound_models_run_on_the_host_and_on_the_board(tflite_chain):
    assert LiteRtRunner(tflite_chain()).inputs[0].name == "image"
    assert Network(tflite_chain()).tensor_names()


def test_a_model_whose_names_are_not_text_is_damaged(tflite_chain):
    content = tflite_chain(signature=False).replace(b"\0y0\0", b"\0\xff\xfe\0")
    with pytest.raises(InputError, match="damaged"):
        LiteRtRunner(content)
    with pytest.raises(RunnerError):
        Network(content)
