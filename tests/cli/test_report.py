"""`edgeface report`: what it writes, says and refuses."""

from __future__ import annotations

import json
import shutil

import pytest


@pytest.fixture
def root(seeded_artifact, tmp_path):
    folder = seeded_artifact().folder
    shutil.copytree(folder, tmp_path / "out" / folder.name)
    return tmp_path / "out"


def test_it_writes_one_page_next_to_the_artifacts(edgeface_cli, root):
    ended = edgeface_cli("report", root)
    assert ended.code == 0, ended.err
    assert f"written: {root / 'index.html'}" in ended.out
    assert "retinaface_mnet025-onnx-fp32" in ended.out
    text = (root / "index.html").read_text(encoding="utf-8")
    assert 'href="retinaface_mnet025-onnx-fp32/report.html"' in text
    first = (root / "index.html").read_bytes()
    assert edgeface_cli("report", root).code == 0  # over its own page
    assert (root / "index.html").read_bytes() == first


def test_json_lists_artifacts_and_problems(edgeface_cli, root):
    (root / "other").mkdir()
    (root / "other" / "manifest.json").write_text("{}")
    ended = edgeface_cli("report", root, "--out", root / "all.html", "--json")
    assert ended.code == 0
    found = ended.document
    assert found["report"] == str(root / "all.html")
    (shown,) = found["artifacts"]
    assert (shown["target"], shown["state"]) == ("onnx-fp32", "unsure")
    (problem,) = found["problems"]
    assert problem["folder"] == str(root / "other")
    assert "damaged manifest" in problem["reason"]
    assert not (root / "index.html").exists()


def test_an_artifact_s_own_folder_is_a_matrix_of_one(edgeface_cli, root):
    folder = root / "retinaface_mnet025-onnx-fp32"
    assert edgeface_cli("report", folder).code == 0
    assert 'href="report.html"' in (folder / "index.html").read_text()


def test_a_stale_artifact_is_marked(edgeface_cli, root):
    shutil.copytree(root / "retinaface_mnet025-onnx-fp32", root / "old")
    with (root / "old" / "model.onnx").open("ab") as stream:
        stream.write(b"x")
    ended = edgeface_cli("report", root)
    assert ended.code == 0
    assert f"not usable: {root / 'old'}: the model does not match its manifest" in ended.out
    assert "stale" in (root / "index.html").read_text()


def test_without_an_artifact_it_exits_2_and_writes_nothing(edgeface_cli, tmp_path):
    ended = edgeface_cli("report", tmp_path, "--json")
    assert ended.code == 2
    assert ended.document["error"]["error"] == "InputError"
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_is_not_edgeface_s_is_not_replaced(edgeface_cli, root):
    (root / "index.html").write_text("<h1>my site</h1>")
    ended = edgeface_cli("report", root)
    assert ended.code == 2
    assert "not a report of edgeface" in ended.err
    assert (root / "index.html").read_text() == "<h1>my site</h1>"


def test_names_from_manifests_are_escaped(edgeface_cli, root):
    path = root / "retinaface_mnet025-onnx-fp32" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["name"] = "<script>alert(1)</script>"
    path.write_text(json.dumps(manifest))
    assert edgeface_cli("report", root).code == 0
    text = (root / "index.html").read_text()
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text
