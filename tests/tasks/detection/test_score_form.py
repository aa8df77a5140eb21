"""Whether scores are probabilities is told by their values."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pytest

from edgeface.contracts import DetectionContract
from edgeface.errors import ContractError
from edgeface.tasks.detection.score_form import raw_outputs_of, refuse_raw_scores, with_score_form

IMAGES = [np.full((64, 64, 3), 100, np.uint8)]


def contract(decoder, outputs, **parameters):
    image = {"name": "x", "height": 64, "width": 64, "color": "rgb", "mean": (0, 0, 0)}
    return DetectionContract(
        family="f", variant="v", decoder=decoder, parameters=parameters, outputs=outputs, input=image
    )


SCRFD = contract("scrfd", {"scores_0": "a", "boxes_0": "b"}, strides=(32,), landmarks=0)
ULTRA = contract("ultraface", {"scores": "a", "boxes": "b"}, strides=(32,), sizes=((16,),))
FACES = contract("ssd", {"scores": "a", "boxes": "b"}, strides=(32,), sizes=((16,),), columns=1, landmarks=0)
BLAZE = contract("blazeface", {"scores": "a", "boxes": "b"}, strides=(32,), per_cell=(1,))
YUNET = contract("yunet", {"classes_0": "a", "objects_0": "a", "boxes_0": "b"}, strides=(32,), landmarks=0)
YOLO = contract("yolo8_face", {"maps_0": "a"}, strides=(32,))


@pytest.mark.parametrize(
    ("given", "columns", "values", "score"),
    [
        (SCRFD, 1, (-5.0, 2.0), "sigmoid"),
        (YUNET, 1, (-5.0, 2.0), "sigmoid"),
        (FACES, 1, (-5.0, 2.0), "sigmoid"),
        (ULTRA, 2, (-5.0, 2.0), "softmax"),
        (BLAZE, 1, (0.0, 0.9), "as-is"),
        (SCRFD, 1, (0.0, 1.0), None),
        (ULTRA, 2, (0.1, 0.9), None),
        (BLAZE, 1, (-50.0, 3.0), None),
        (YOLO, 80, (-50.0, 3.0), None),
    ],
)
def test_the_form_of_scores_is_told_by_their_range(given, columns, values, score):
    def forward(_, tensor):
        assert tensor.shape == (1, 3, 64, 64)
        return {"a": np.resize(np.float32(values), (1, 4, columns)), "b": np.zeros((1, 4, 4), np.float32)}

    found = with_score_form(given, forward, IMAGES)
    assert found.parameters.model_dump().get("score") == score
    assert (found == given) is (score is None)
    with nullcontext() if score in (None, "as-is") else pytest.raises(ContractError, match="no probabilities") as said:
        refuse_raw_scores(given, forward, IMAGES)
    assert said is None or f'score = "{score}"' in said.value.fix
    assert with_score_form(given, forward, []) == given


@pytest.mark.parametrize(
    ("given", "raw"),
    [
        (BLAZE, True),
        (YOLO, True),
        (contract("yolo8_face", {"table": "a"}, layout="rows"), False),
        (contract("yolo5_face", {"rows": "a"}, layout="rows"), False),
        (contract("scrfd", {"scores_0": "a", "boxes_0": "b"}, strides=(32,), landmarks=0, score="sigmoid"), True),
        (SCRFD, False),
        (ULTRA, False),
    ],
)
def test_which_outputs_are_raw_is_told_by_the_decoder(given, raw):
    assert raw_outputs_of(given) == (given.output_names if raw else ())
