from __future__ import annotations

import pytest

from edgeface.analysis.result import FORMAT


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return tmp_path_factory.mktemp("page") / "analysis.html"


def test_a_model_is_analyzed_into_text_json_and_a_page(edgeface_cli, small, page):
    ended = edgeface_cli("analyze", *small.options, "--images-count", 4, "--out", page, "--json")
    assert ended.code == 0, ended.err
    document = ended.document
    assert (document["format"], document["model"], document["target"]) == (FORMAT, "small", "tflite-int8")
    assert document["page"] == str(page)
    assert document["judged"]["images"] == 4
    html = page.read_text(encoding="utf-8")
    assert document["headline"]["what"] in html
    assert html.count("data:image/jpeg") == 4


def test_the_text_says_what_is_wrong_what_to_do_and_the_recipe_s_lines(edgeface_cli, small):
    ended = edgeface_cli("-q", "analyze", *small.options)
    assert ended.code == 0, ended.err
    assert ended.err == ""
    first, *_ = ended.out.splitlines()
    assert first.startswith("Nothing is broken: On 8 images")
    assert "[quantize.keep_float]" in ended.out
    for caption in ("For scale", "Each part of the network", "Each correction left out", "Ranges", "If the input were"):
        assert caption in ended.out


def test_without_photos_the_page_holds_none(edgeface_cli, small, tmp_path):
    path = tmp_path / "a.html"
    assert edgeface_cli("analyze", *small.options, "--out", path, "--no-photos").code == 0
    html = path.read_text(encoding="utf-8")
    assert "data:image" not in html
    assert "This file holds no images" in html


@pytest.mark.parametrize(
    ("arguments", "what", "fix"),
    [
        (("nothing",), "neither an artifact's folder nor a model", "retinaface_mnet025"),
        (("missing.onnx",), "SUBJECT: there is no such file", "check the path"),
        (("missing.toml",), "SUBJECT: there is no such file", "check the path"),
        (("retinaface_mnet025", "--images", "a", "--weights", "b"), "2 files and folders do not exist", "check"),
        (("retinaface_mnet025", "--target", "onnx-fp16"), "onnx-fp16 computes in float", "edgeface parity"),
        (("retinaface_mnet025", "--images-count", "201"), "cannot analyze on 201 images", "1 to 200"),
        (("retinaface_mnet025", "--no-photos"), "--no-photos leaves images out of a page", "--out PAGE.html"),
        (("retinaface_mnet025", "--reference", "."), "--reference is for artifacts", "--weights"),
        (("retinaface_mnet025", "--input", "big"), "'big' is not an input size", "HEIGHTxWIDTH"),
    ],
)
def test_what_cannot_be_analyzed_is_an_error_with_a_way_out(edgeface_cli, arguments, what, fix):
    ended = edgeface_cli("analyze", *arguments, "--json")
    assert ended.code == 2
    assert what in ended.document["error"]["what"]
    assert fix in ended.document["error"]["fix"]


def test_a_folder_that_is_no_artifact_is_refused(edgeface_cli, tmp_path):
    ended = edgeface_cli("analyze", tmp_path, "--json")
    assert ended.code == 2
    assert "not an artifact" in ended.document["error"]["what"]


def test_an_artifact_has_its_own_target(edgeface_cli, seeded_artifact):
    ended = edgeface_cli("analyze", seeded_artifact("tflite-int8").folder, "--target", "onnx-int8", "--json")
    assert ended.code == 2
    assert ended.document["error"]["where"] == "--target"


def test_a_file_that_is_no_page_is_not_replaced(edgeface_cli, small, tmp_path):
    mine = tmp_path / "mine.html"
    mine.write_text("mine")
    ended = edgeface_cli("analyze", *small.options, "--out", mine)
    assert ended.code == 2
    assert mine.read_text() == "mine"
