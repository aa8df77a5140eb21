"""`edgeface keygen`, `bundle` and `verify`."""

from __future__ import annotations

import json
import shutil
import tarfile
from pathlib import Path

import pytest
from shared_exports import made_once

from edgeface.bundle.pack import Order, pack_bundle, write_bundle
from edgeface.errors import InputError


@pytest.fixture
def artifacts(seeded_artifact):
    """Folders of a seeded detector and recognizer, tflite-fp32."""
    return [seeded_artifact("tflite-fp32", model).folder for model in ("retinaface_mnet025", "mobilefacenet")]


@pytest.fixture
def packed(artifacts, shared_folder, tmp_path):
    """A bundle of them, to be changed at will."""

    def pack(folder):
        (folder / "face").write_bytes(pack_bundle(Order(*artifacts, "rk3399")))

    made = made_once(shared_folder / "fp32_bundle", pack)
    return Path(shutil.copy(made / "face", tmp_path / "face.tar.gz"))


def test_a_bundle_is_packed_signed_and_verified(edgeface_cli, artifacts, tmp_path):
    key, out = tmp_path / "maker.key", tmp_path / "face.tar.gz"
    made = edgeface_cli("keygen", "--out", key, "--json").document
    assert made == {"secret_key": str(key), "public_key": str(tmp_path / "maker.pub")}
    packed = edgeface_cli("bundle", *artifacts, "--device", "rk3399", "--out", out, "--sign", key, "--json")
    assert packed.code == 0, packed.err
    assert packed.document["bytes"] == out.stat().st_size
    assert packed.document["signed"] is True
    assert packed.document["device"]["cores"] == [4, 5]
    assert packed.document["runtime"]["package"] == "ai-edge-litert"
    verified = edgeface_cli("verify", out, "--key", made["public_key"], "--json")
    assert verified.code == 0
    assert verified.document["passed"] is True
    assert verified.document["signature"].startswith("by key ")
    assert edgeface_cli("verify", out).out.endswith("verified\n")


def test_a_bundle_contains_no_reports_or_images(edgeface_cli, artifacts, tmp_path):
    timed = [shutil.copytree(folder, tmp_path / folder.name) for folder in artifacts]
    for folder in timed:
        assert (folder / "report.html").is_file()
        (folder / "latency.json").write_text("{}")
    out = tmp_path / "face.tar.gz"
    packed = edgeface_cli("bundle", *timed, "--out", out)
    assert packed.code == 0
    assert "board   Rockchip RK3399: ai-edge-litert " in packed.out
    with tarfile.open(out) as archive:
        names = archive.getnames()
    assert any(name.endswith("detector.tflite") for name in names)
    assert not [name for name in names if "report" in name or "latency" in name or name.endswith(".html")]


@pytest.mark.slow
def test_a_changed_bundle_exits_1_and_names_the_file(edgeface_cli, packed):
    data = bytearray(packed.read_bytes())
    data[data.index(b"TFL3") + 2000] ^= 1
    packed.write_bytes(data)
    ended = edgeface_cli("verify", packed, "--json")
    assert ended.code == 1
    assert ended.document["passed"] is False
    assert ended.document["problems"][0]["file"] == "models/detector.tflite"
    assert "refused    models/detector.tflite" in edgeface_cli("verify", packed).out


def test_a_file_that_is_not_a_bundle_is_refused(edgeface_cli, tmp_path):
    (tmp_path / "x").write_bytes(b"hello")
    ended = edgeface_cli("verify", tmp_path / "x")
    assert (ended.code, ended.err) == (1, "")
    assert "not an archive that edgeface packed" in ended.said


@pytest.mark.parametrize("options", [["nowhere.tar.gz"], [".", "--key", "nowhere.pub"]])
def test_a_missing_file_is_bad_input(edgeface_cli, tmp_path, monkeypatch, options):
    monkeypatch.chdir(tmp_path)
    ended = edgeface_cli("verify", *options, "--json")
    assert ended.code == 2
    assert json.loads(ended.out)["error"]["what"].startswith("cannot read")


def test_a_refused_bundle_leaves_no_file(edgeface_cli, artifacts, tmp_path):
    out = tmp_path / "face.tar.gz"
    for arguments in (
        (artifacts[0], artifacts[0]),
        (*artifacts, "--device", "toaster"),
        (*artifacts, "--sign", "none"),
    ):
        assert edgeface_cli("bundle", *arguments, "--out", out).code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_bundle_replaces_its_like_and_asks_before_it_replaces_another(
    edgeface_cli, artifacts, seeded_artifact, packed
):
    out, before = packed, packed.read_bytes()
    assert edgeface_cli("bundle", *artifacts, "--out", out).code == 0
    assert out.read_bytes() == before
    other = seeded_artifact("tflite-fp32", "mobilefacenet", seed=2).folder
    refused = edgeface_cli("bundle", artifacts[0], other, "--out", out)
    assert (refused.code, out.read_bytes() == before) == (2, True)
    assert "recognizer: the seed 1, now 2" in refused.err
    assert "--force" in refused.err
    assert edgeface_cli("bundle", artifacts[0], other, "--out", out, "--force").code == 0
    assert out.read_bytes() != before


@pytest.mark.slow
def test_a_file_that_is_no_bundle_is_never_replaced(edgeface_cli, artifacts, tmp_path):
    out = tmp_path / "face.tar.gz"
    out.write_bytes(b"mine")
    ended = edgeface_cli("bundle", *artifacts, "--out", out, "--force")
    assert (ended.code, out.read_bytes()) == (2, b"mine")
    assert "is not a bundle" in ended.err


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b\x08" + bytes(100)])
def test_nor_is_an_empty_or_damaged_one(packed, tmp_path, content):
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(InputError, match="is not a bundle"):
        write_bundle(packed.read_bytes(), tmp_path / "other", force=True)
    assert (tmp_path / "other").read_bytes() == content
