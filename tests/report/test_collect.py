import json
import shutil

import pytest

from edgeface.errors import InputError
from edgeface.report.collect import DEPTH, collect
from edgeface.report.matrix import document, matrix


@pytest.fixture
def two(exported, tmp_path):
    """A folder with two copies of an artifact: out/a and out/deep/b."""
    (folder,) = exported.iterdir()
    root = tmp_path / "out"
    for place in (root / "a", root / "deep" / "b"):
        shutil.copytree(folder, place)
    return root


def test_artifacts_are_found_in_the_order_of_their_folders(two):
    found = collect(two)
    assert [str(entry.artifact.folder.relative_to(two)) for entry in found.entries] == ["a", "deep/b"]
    entry = found.entries[0]
    assert entry.model == "retinaface_mnet025 official 64×96"
    assert entry.verdict.state == "unsure"
    assert entry.timed is None
    assert entry.report == two / "a" / "report.html"
    assert found.problems == ()


def test_a_latency_that_was_measured_is_found(timed_artifact):
    (entry,) = collect(timed_artifact.folder).entries
    assert entry.timed["ratio"] > 0


def test_hidden_deep_and_linked_folders_are_skipped(two):
    shutil.move(two / "deep" / "b", two / ".edgeface-staged")
    (two / "link").symlink_to(two / "a", target_is_directory=True)
    below = two.joinpath(*"xyzuv"[: DEPTH + 1])
    shutil.copytree(two / "a", below)
    assert [entry.artifact.folder for entry in collect(two).entries] == [two / "a"]


def changed_model(folder):
    with (folder / "model.tflite").open("ab") as stream:
        stream.write(b"more")


def damaged_manifest(folder):
    (folder / "manifest.json").write_text('{"name": "web app"}')


def no_certificate(folder):
    (folder / "certificate.json").unlink()


def foreign_certificate(folder):
    (folder / "certificate.json").write_text('{"tensors": []}')


def damaged_latency(folder):
    (folder / "latency.json").write_text('{"measured": {"artifact": {"median_ms": "fast"}}}')


@pytest.mark.parametrize(
    "damage", [changed_model, damaged_manifest, no_certificate, foreign_certificate, damaged_latency]
)
def test_damaged_artifacts_are_reported_and_others_are_shown(two, damage):
    damage(two / "deep" / "b")
    found = collect(two)
    assert [entry.artifact.folder for entry in found.entries] == [two / "a"]
    (problem,) = found.problems
    assert problem.folder == two / "deep" / "b"
    assert problem.reason
    assert problem.stale == (damage is changed_model)
    table = matrix(found, two / "index.html").problems
    assert table.rows[0][0] == "deep/b"
    assert table.rows[0][1].text == ("stale" if damage is changed_model else "damaged")


def test_no_artifacts_is_an_error_with_a_reason(two, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InputError, match="no artifact"):
        collect(empty)
    with pytest.raises(InputError, match="no such folder"):
        collect(tmp_path / "missing")
    for folder in ("a", "deep/b"):
        changed_model(two / folder)
    with pytest.raises(InputError, match="no usable artifact") as caught:
        collect(two)
    assert "SHA-256" in str(caught.value.where)


def test_artifacts_of_one_model_and_target_share_a_square(two):
    page = matrix(collect(two), two / "index.html")
    assert page.targets == ("tflite-int8",)
    (row,) = page.rows
    (squares,) = row.squares
    assert [square.link for square in squares] == ["a/report.html", "deep/b/report.html"]
    (table,) = page.models
    assert len(table.rows) == 2


def test_different_inputs_and_targets_have_different_rows_and_columns(two):
    path = two / "a" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["target"] = "tflite-fp32"
    manifest["contract"]["input"]["height"] = 128
    path.write_text(json.dumps(manifest))
    page = matrix(collect(two), two / "index.html")
    assert page.targets == ("tflite-fp32", "tflite-int8")
    assert [row.model.split()[-1] for row in page.rows] == ["128×96", "64×96"]
    assert [[len(squares) for squares in row.squares] for row in page.rows] == [[1, 0], [0, 1]]


def test_links_are_relative_to_the_page_and_quoted(two, tmp_path):
    (two / "a").rename(two / "a #1")
    page = matrix(collect(two), tmp_path / "pages" / "all.html")
    assert page.rows[0].squares[0][0].link == "../out/a%20%231/report.html"


def test_an_artifact_without_report_or_latency_is_shown(two):
    (two / "a" / "report.html").unlink()
    found = collect(two)
    square = matrix(found, two / "index.html").rows[0].squares[0][0]
    assert square.link == ""
    assert "latency not measured" in square.figures
    first = document(found, two / "index.html")["artifacts"][0]
    assert (first["report"], first["latency"]) == (None, None)
