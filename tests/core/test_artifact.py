from __future__ import annotations

import json
import os

import pytest

from edgeface.core.artifact import MANIFEST, Artifact, Manifest, read_json, sha256_hex, write_json
from edgeface.errors import InputError


@pytest.fixture
def two_files(detector_artifact):
    """The folder of an artifact whose model is two files."""
    (detector_artifact / "model.weights").write_bytes(b"weights")
    rewrite(detector_artifact, files=hashes(detector_artifact, "model.onnx", "model.weights"))
    return detector_artifact


def hashes(folder, *names):
    return {name: sha256_hex((folder / name).read_bytes()) for name in names}


def rewrite(folder, **changes):
    """Change fields of a manifest as it stands on disk; None takes one out."""
    document = read_json(folder / MANIFEST) | changes
    write_json(folder / MANIFEST, {name: value for name, value in document.items() if value is not None})


def test_a_model_may_be_any_number_of_files_the_one_that_is_opened_first(two_files):
    artifact = Artifact.open(two_files)
    assert [path.name for path in artifact.files] == ["model.onnx", "model.weights"]
    assert artifact.model_path == two_files / "model.onnx"
    rewrite(two_files, model_file="model.weights", model_sha256=hashes(two_files, "model.weights")["model.weights"])
    assert [path.name for path in Artifact.open(two_files).files] == ["model.weights", "model.onnx"]


@pytest.mark.parametrize("name", ["model.onnx", "model.weights"])
def test_every_file_is_held_to_its_hash(two_files, name):
    (two_files / name).write_bytes((two_files / name).read_bytes() + b"\0")
    with pytest.raises(InputError, match="SHA-256 differs") as caught:
        Artifact.open(two_files)
    assert caught.value.where == str(two_files / name)


@pytest.mark.parametrize("name", ["model.onnx", "model.weights"])
def test_every_file_must_be_there(two_files, name):
    (two_files / name).unlink()
    with pytest.raises(InputError, match=f"'{name}' is missing"):
        Artifact.open(two_files)


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "folder/model.weights", "..", "."])
def test_a_file_outside_of_the_folder_is_not_read(two_files, name):
    (two_files.parent / "secret").write_bytes(b"secret")
    (two_files / "folder").mkdir()
    (two_files / "folder" / "model.weights").write_bytes(b"secret")
    rewrite(two_files, files=hashes(two_files, "model.onnx") | {name: sha256_hex(b"secret")})
    with pytest.raises(InputError, match="is missing"):
        Artifact.open(two_files)


def test_a_manifest_of_format_1_is_read_as_one_of_this_format(detector_artifact):
    written = Artifact.open(detector_artifact).manifest
    rewrite(detector_artifact, format=1, files=None)
    found = Artifact.open(detector_artifact).manifest
    assert found == written
    assert found.format == 2
    assert found.files == {"model.onnx": found.model_sha256}
    assert Manifest.model_validate_json(found.model_dump_json()) == found


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 3}, "format 3 is not supported by this version"),
        ({"files": {}}, "the model file is missing from files"),
        ({"files": {"model.onnx": "0" * 64}}, "has another SHA-256 there"),
        ({"model_file": None, "files": None}, "model_file"),
        ({"model_sha256": 1}, "model_sha256"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_manifest_that_contradicts_itself_is_damaged(detector_artifact, changes, said):
    rewrite(detector_artifact, **changes)
    with pytest.raises(InputError, match="damaged manifest") as caught:
        Artifact.open(detector_artifact)
    assert said in caught.value.what
    assert caught.value.where == str(detector_artifact / MANIFEST)


@pytest.mark.parametrize("name", ["x" * 300, "x" * 5000, "a\x00b"])
def test_a_name_that_no_file_can_have_is_missing(two_files, name):
    rewrite(two_files, files=hashes(two_files, "model.onnx") | {name: sha256_hex(b"")})
    with pytest.raises(InputError):
        Artifact.open(two_files)


@pytest.mark.parametrize("kind", [[], {}, [[]], 3, None, True])
def test_a_certificate_of_no_known_kind_is_refused(two_files, kind):
    write_json(two_files / "certificate.json", {"kind": kind})
    with pytest.raises(InputError, match="damaged certificate"):
        Artifact.open(two_files).certificate()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize(
    ("path", "named"),
    [
        (("contract", "input", "mean", 0), "contract.input.mean"),
        (("contract", "input", "scale", 2), "contract.input.scale"),
        (("contract", "score_threshold"), "contract.score_threshold"),
        (("contract", "nms_iou"), "contract.nms_iou"),
        (("macs",), "macs"),
    ],
)
def test_numbers_that_are_not_finite_are_refused_by_their_key(detector_artifact, path, named, number):
    document = read_json(detector_artifact / MANIFEST)
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = "@"
    (detector_artifact / MANIFEST).write_text(json.dumps(document).replace('"@"', number))
    with pytest.raises(InputError, match=f"{named}: .* is not a finite number"):
        Artifact.open(detector_artifact)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("contract", "input", "mean", 0), 1e30),
        (("contract", "score_threshold"), 7),
        (("contract", "nms_iou"), -1),
        (("contract", "anchors", "strides", 0), 0),
        (("contract", "anchors", "sizes", 0, 0), -16),
        (("contract", "anchors", "sizes"), []),
        (("contract", "anchors", "variances", 0), 0),
        (("layout",), "nwhc"),
        (("macs",), -1),
        (("model_bytes",), -1),
        (("sources",), {"weights": {"file": 1}}),
        (("sources",), {"seed": "one"}),
        (("sources",), {"calibration": {"count": -1, "sha256": ""}}),
    ],
)
def test_numbers_out_of_range_and_values_of_another_type_are_refused(detector_artifact, path, value):
    document = read_json(detector_artifact / MANIFEST)
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    write_json(detector_artifact / MANIFEST, document)
    with pytest.raises(InputError, match="damaged manifest: '" + path[0]):
        Artifact.open(detector_artifact)


def test_names_that_are_not_text_are_written_as_they_are_shown(tmp_path):
    write_json(tmp_path / "a.json", {"files": [os.fsdecode(b"caf\xe9.jpg"), "Grüße"]})
    assert read_json(tmp_path / "a.json") == {"files": [r"caf\xe9.jpg", "Grüße"]}
