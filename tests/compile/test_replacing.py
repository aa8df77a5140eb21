"""An export replaces an artifact of the same network, and refuses one that only has the same name."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from edgeface.compile.replacing import refuse_other
from edgeface.compile.report_options import ReportOptions
from edgeface.compile.request import ExportRequest
from edgeface.core.artifact import MANIFEST, read_manifest
from edgeface.errors import InputError
from edgeface.exporting.export import export

REQUEST = ExportRequest(targets=("onnx-fp32",), seed=1, input_size=(64, 96), report=ReportOptions(latency=False))


@pytest.fixture
def folder(exported):
    """The folder of a seeded export to tflite-int8."""
    return next(exported.iterdir())


def refusal(folder, source, io="float"):
    try:
        refuse_other({folder: io}, source)
    except InputError as error:
        return error
    return None


@pytest.fixture
def same(folder, seeded_source):
    """The source of the artifact in `folder`."""
    manifest = read_manifest(folder)
    return replace(seeded_source, contract=manifest.contract, provenance={"seed": manifest.sources["seed"]})


def test_the_same_network_replaces_quietly(folder, same, tmp_path):
    assert refusal(folder, same) is None
    assert refusal(tmp_path / "missing", same) is None


def weights(sha256, file="a.pth"):
    return {"weights": {"file": file, "sha256": sha256}}


def test_what_differs_is_named(folder, same):
    resized = replace(same, contract=same.contract.with_input_size(96, 64))
    for other, io, said in (
        (replace(same, provenance={"seed": 2}), "float", "the seed 1, now 2"),
        (replace(same, provenance=weights("ab" * 32)), "float", "the weights none, now a.pth (abababab)"),
        (resized, "float", "input.height 64, now 96, input.width 96, now 64"),
        (replace(same, contract=same.contract.with_color("rgb")), "float", "colour"),
        (same, "int8", "inputs and outputs float, now int8"),
    ):
        error = refusal(folder, other, io)
        assert error is not None, said
        assert said in error.what
        assert "--force" in str(error.fix)
        assert "--out" in str(error.fix)


def test_weights_are_known_by_their_content_not_by_their_name(folder, same):
    document = json.loads((folder / MANIFEST).read_text())
    document["sources"] = weights("ab" * 32)
    (folder / MANIFEST).write_text(json.dumps(document))
    assert refusal(folder, replace(same, provenance=weights("ab" * 32, "copy.pth"))) is None
    assert "the weights a.pth (abababab), now a.pth (cdcdcdcd)" in str(
        refusal(folder, replace(same, provenance=weights("cd" * 32)))
    )


def test_an_export_asks_before_it_replaces_another_network_and_force_answers(tmp_path, contents):
    request = replace(REQUEST, out=tmp_path)
    (made,) = export(request)
    before = contents(tmp_path)
    with pytest.raises(InputError, match="another artifact of this name exists: the seed 1, now 2"):
        export(replace(request, seed=2))
    assert contents(tmp_path) == before
    (again,) = export(request)
    assert contents(tmp_path) == before
    (forced,) = export(replace(request, seed=2, force=True))
    assert forced.folder == again.folder == made.folder
    assert forced.manifest.sources["seed"] == 2
