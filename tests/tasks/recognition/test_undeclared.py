"""A recognizer's file that declares nothing: told by its output's shape, its scale by strangers."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from edgeface.contracts import RecognitionContract
from edgeface.errors import ContractError
from edgeface.tasks.recognition.undeclared import UNDECLARED
from edgeface.tasks.undeclared import Evidence, NetworkFile

SHAPE = (1, 128)


def file_of(
    shape: tuple[int, ...] = SHAPE, size: tuple[int, int] = (112, 112), channels: int = 3, takes: str = "open"
) -> NetworkFile:
    return NetworkFile("own", "input", *size, channels, {"y": shape}, takes=takes)


@pytest.mark.parametrize("shape", [(1, 64), (1, 512), (1, 256, 1, 1)])
def test_one_embedding_of_an_aligned_face_is_recognized(shape: tuple[int, ...]) -> None:
    for size in ((112, 112), (112, 96), (160, 160)):
        (found,) = UNDECLARED.readings(file_of(shape, size))
        assert (found.width, found.output, found.input.height) == (shape[1], "y", size[0])


@pytest.mark.parametrize(
    "file",
    [
        file_of((1, 3)),  # liveness
        file_of((1, 136)),  # 68 points
        file_of((1, 143), (160, 160)),  # points, angles and classes
        file_of((1, 212), (192, 192)),
        file_of(channels=1),
        file_of((1, 64, 7, 7)),
        file_of(size=(64, 64)),
    ],
    ids=str,
)
def test_other_networks_of_one_output_are_not_guessed(file: NetworkFile) -> None:
    assert UNDECLARED.readings(file) == []


def faces(count: int = 6) -> list[NDArray[np.uint8]]:
    return [np.random.default_rng(seed).integers(0, 256, (112, 112, 3), dtype=np.uint8) for seed in range(count)]


def projected(_: RecognitionContract, tensor: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """A network trained on values about zero: under others every face is mostly their mean."""
    small = tensor.reshape(3, 14, 8, 14, 8).mean(axis=(2, 4)).ravel()
    return {"y": (np.random.default_rng(0).normal(size=(128, len(small))) @ small)[None].astype(np.float32)}


def test_a_scale_under_which_strangers_look_alike_is_refuted() -> None:
    file = file_of()
    found = UNDECLARED.settle(file, UNDECLARED.readings(file), Evidence(projected, faces()))
    verdicts = {each.field: each for each in found.verdicts}
    assert verdicts["input.mean, input.scale"].how == "inferred"
    assert "under x 1.00" in verdicts["input.mean, input.scale"].evidence
    assert verdicts["input.color"].how == "indifferent"
    assert found.contract.input.mean == (127.5,) * 3


def test_without_aligned_faces_the_scale_is_refused() -> None:
    file = file_of()
    shown = [np.zeros((300, 200, 3), np.uint8)] * 6
    found = UNDECLARED.settle(file, UNDECLARED.readings(file), Evidence(projected, shown))
    assert [each.field for each in found.refused] == ["input.mean, input.scale"]


def test_what_the_graph_normalizes_needs_no_images() -> None:
    file = file_of(takes="pixels")
    found = UNDECLARED.settle(file, UNDECLARED.readings(file), Evidence(projected, []))
    assert not found.refused
    assert found.contract.input.scale == (1.0,) * 3


def test_a_declared_scale_under_which_strangers_look_alike_is_contradicted() -> None:
    file = file_of()
    (usual,) = UNDECLARED.readings(file)
    assert UNDECLARED.check(file, usual, Evidence(projected, faces())).checked
    spec = usual.input.model_copy(update={"mean": (0.0,) * 3, "scale": (1.0,) * 3})
    with pytest.raises(ContractError, match=r"strangers look alike: mean cosine of strangers 1\.00"):
        UNDECLARED.check(file, usual.model_copy(update={"input": spec}), Evidence(projected, faces()))
