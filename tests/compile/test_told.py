"""Weights alone tell the family; others are refused before photographs are asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from edgeface import ExportRequest, export
from edgeface.compile.open_source import open_source
from edgeface.compile.source import Declared
from edgeface.compile.told import with_told_model
from edgeface.errors import CheckpointError, InputError
from edgeface.models import families, family
from edgeface.models.layouts import layouts, told_family, told_variant

SMALL = ["face_rfb", "face_slim", "mobilefacenet", "retinaface_mnet025"]


def stored(path: Path, shapes: dict[str, tuple[int, ...]], prefix: str = "", **beside: torch.Tensor) -> Path:
    """A checkpoint with tensors of these shapes, a byte per value."""
    tensors = {prefix + name: torch.zeros(shape, dtype=torch.int8) for name, shape in shapes.items()}
    torch.save({"state_dict": {**tensors, **beside}, "epoch": 3}, path)
    return path


def shapes_of(name: str) -> dict[str, tuple[int, ...]]:
    return dict(next(iter(layouts(family(name)).values())).shapes)


@pytest.mark.parametrize("prefix", ["", "module.", "model."])
@pytest.mark.parametrize("name", SMALL)
def test_the_tensors_tell_the_family_whatever_wraps_them(name, prefix, tmp_path):
    head = {"head.weight": torch.zeros((3, 4096), dtype=torch.int8)} if name == "mobilefacenet" else {}
    path = stored(tmp_path / "w.pth", shapes_of(name), prefix, **head)
    assert told_family(path).name == name


def test_no_two_families_have_the_same_tensors():
    owners: dict[frozenset[object], set[str]] = {}
    for found in families().values():
        for layout in layouts(found).values():
            owners.setdefault(frozenset(layout.shapes.items()), set()).add(found.name)
    assert [names for names in owners.values() if len(names) > 1] == []


def test_variants_that_share_a_network_are_not_told_apart(tmp_path):
    assert (
        told_variant(stored(tmp_path / "a.pth", shapes_of("retinaface_mnet025")), family("retinaface_mnet025")) is None
    )
    assert told_variant(stored(tmp_path / "b.pth", shapes_of("mobilefacenet")), family("mobilefacenet")) == "y1"


def changed(shapes: dict[str, tuple[int, ...]], how: str) -> dict[str, tuple[int, ...]]:
    if how == "missing":
        return {name: shape for name, shape in shapes.items() if not name.startswith("loc.3.")}
    if how == "unexpected":
        return {**shapes, "conv1.7.weight": (16, 16, 1, 1)}
    return {**shapes, "loc.3.bias": (16,)}


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("missing", r"171 of 173 tensors match; 2 missing: loc\.3\.weight, loc\.3\.bias"),
        ("unexpected", r"173 of 173 tensors match; 1 unexpected: conv1\.7\.weight \[16, 16, 1, 1\]"),
        ("shape", r"172 of 173 tensors match; 1 of another shape: loc\.3\.bias is \[16\], not \[12\]"),
    ],
)
def test_the_nearest_family_and_the_difference_are_named(how, said, tmp_path):
    path = stored(tmp_path / "w.pth", changed(shapes_of("face_slim"), how))
    with pytest.raises(CheckpointError, match=rf"no known family; the nearest is face_slim \(1mb\): {said}"):
        told_family(path)


def test_weights_that_resemble_nothing_say_so(tmp_path):
    with pytest.raises(CheckpointError, match="no tensor has the name of any"):
        told_family(stored(tmp_path / "w.pth", {"encoder.weight": (7, 7)}))


@pytest.mark.parametrize("given", ["weights", "model"])
def test_a_request_needs_no_model_beside_weights(given, tmp_path):
    path = stored(tmp_path / "w.pth", shapes_of("face_slim"))
    request = ExportRequest(weights=path) if given == "weights" else ExportRequest(str(path))
    told = with_told_model(request)
    assert (told.model, told.weights) == ("face_slim", path)


def test_without_weights_the_sample_detector_is_meant():
    assert with_told_model(ExportRequest()).model == "retinaface_mnet025"


def test_two_checkpoints_are_one_too_many(tmp_path):
    with pytest.raises(InputError, match="the model is a checkpoint"):
        with_told_model(ExportRequest("a.pth", weights=tmp_path / "b.pth"))


@pytest.mark.parametrize(
    ("model", "said"),
    [("", "no known family"), ("face_slim", "no variant of face_slim fits")],
)
def test_foreign_weights_are_refused_before_photographs_are_looked_for(model, said, tmp_path):
    path = stored(tmp_path / "w.pth", {"encoder.weight": (7, 7)})
    with pytest.raises(CheckpointError, match=said):
        export(ExportRequest(model, ("tflite-int8",), weights=path, out=tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_weights_of_another_family_are_named(tmp_path):
    path = stored(tmp_path / "w.pth", shapes_of("face_rfb"))
    with pytest.raises(CheckpointError, match="those of face_rfb, not of retinaface_mnet025"):
        with_told_model(ExportRequest("retinaface_mnet025", weights=path))


def test_a_missing_checkpoint_is_reported_with_the_other_missing_paths(tmp_path):
    request = ExportRequest(str(tmp_path / "none.pth"), ("onnx-fp32",), calibration=tmp_path / "no", out=tmp_path / "o")
    with pytest.raises(InputError, match=r"none\.pth") as caught:
        export(request)
    assert "--calibration" in str(caught.value)


def test_a_family_with_one_contract_needs_no_images(tmp_path):
    found, path = family("face_slim"), tmp_path / "w.pth"
    torch.save(found.random(found.variants()["1mb"].with_input_size(64, 64), 1).state_dict(), path)
    source = open_source(Declared("face_slim", weights=path, input_size=(64, 64)), [])
    assert source.contract.variant == "1mb"
    assert source.provenance["contract"] == {"how": "the family's only one", "checked": False}
