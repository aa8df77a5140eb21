"""Reports that exports write: what is in them, that they are the same each time, and what a refusal leaves."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from edgeface.compile.repair.options import RepairOptions
from edgeface.compile.report_options import LATENCY, REPORT, ReportOptions
from edgeface.core.artifact import Artifact
from edgeface.errors import GateError, InputError

SECTIONS = ["content", "measured", "cost", "images", "layers", "budget", "origin", "again"]
STRICT = 'model = "retinaface_mnet025"\n[gates.tflite-int8]\nsnr_db = 150.0\n'
OUTSIDE = re.compile(r"""(?:src|href|action|url\(|@import)\s*=?\s*["'(]?\s*(?:https?:|//|file:)""")


class Reader(HTMLParser):
    """The sections in their order, all text, and every tag."""

    def __init__(self, text):
        super().__init__()
        self.sections, self.tags, self.words = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "section":
            self.sections.append(dict(attrs)["id"])

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


@pytest.fixture
def judged(seeded_export, images, tmp_path):
    """Export with synthetic images as images: (name, target, **options) → folder."""

    def run(name, target="tflite-int8", **options):
        return seeded_export(tmp_path / name, target, calibration=images, **options).folder

    return run


@pytest.fixture
def measured(timed_artifact):
    return timed_artifact.folder


def read(folder):
    return Reader((folder / REPORT).read_text(encoding="utf-8"))


def test_the_verdict_comes_first_and_every_part_is_present(seeded_artifact):
    artifact = seeded_artifact("tflite-int8")
    page = read(artifact.folder)
    assert page.sections == SECTIONS
    assert "not validated on faces" in page.text
    assert "minimum output SNR" in page.text
    for expected in (
        artifact.manifest.model_sha256,
        "static_wi8_ai8",
        "LFR FLOPs",
        "output SNR dB",
        "All values as numbers",
    ):
        assert expected in page.text
    assert "edgeface export retinaface_mnet025 --target tflite-int8 --seed 1 --input 64x96" in page.text


def test_a_report_needs_no_network_and_no_scripts(seeded_artifact):
    folder = seeded_artifact("tflite-int8").folder
    text = (folder / REPORT).read_text(encoding="utf-8")
    assert not OUTSIDE.search(text)
    assert not {"script", "link", "iframe", "object", "embed", "form"} & set(read(folder).tags)


def test_latency_is_in_a_separate_file_and_in_the_report(measured):
    document = json.loads((measured / LATENCY).read_text())
    own, other = document["measured"]["artifact"], document["measured"]["onnx-fp32"]
    assert own["median_ms"] > 0
    assert own["ratio_low"] <= own["ratio"] <= own["ratio_high"]
    assert other["ratio"] == 1
    assert document["machine"]["processor"]
    page = read(measured)
    assert f"{own['median_ms']:.3f}" in page.text
    assert document["machine"]["processor"] in page.text
    assert str(measured.parent) not in json.dumps(document)


def test_measuring_changes_neither_model_nor_manifest_nor_certificate(measured, seeded_artifact):
    again = seeded_artifact("tflite-int8").folder
    assert not (again / LATENCY).exists()
    for name in ("model.tflite", "manifest.json", "certificate.json"):
        assert (again / name).read_bytes() == (measured / name).read_bytes()
    assert "--no-latency was given" in read(again).text


@pytest.mark.slow
@pytest.mark.hostile
def test_two_exports_without_latency_give_the_same_report(judged):
    first, second = judged("a"), judged("b")
    assert (first / REPORT).read_bytes() == (second / REPORT).read_bytes()
    assert "img" in read(first).tags


def test_images_are_shown_with_their_names_without_folders(judged, images):
    folder = judged("out")
    page = read(folder)
    shown = Artifact.open(folder).manifest.sources["judged_on"]["files"]
    assert any(name in page.text for name in shown)
    assert "share it as you would share those" in page.text
    assert str(images.parent) not in (folder / REPORT).read_text()


@pytest.mark.slow
def test_no_images_leaves_them_out_with_their_names(judged):
    folder = judged("out", "tflite-fp32", report=ReportOptions(latency=False, images=False))
    page = read(folder)
    assert "img" not in page.tags
    assert "data:image" not in (folder / REPORT).read_text()
    assert not any(name in page.text for name in Artifact.open(folder).manifest.sources["judged_on"]["files"])
    assert "This file holds no images" in page.text


@pytest.mark.slow
def test_a_hostile_file_name_is_text_and_nothing_else(judged, images):
    for number, path in enumerate(sorted(images.iterdir())):
        path.rename(images / f"{number}<script>alert(1)<img onerror=x>.png")
    folder = judged("out", "tflite-fp32")
    page = read(folder)
    assert "img" in page.tags
    assert "script" not in page.tags
    assert "<script>alert(1)<img onerror=x>.png" in page.text


@pytest.mark.slow
def test_an_engine_says_why_it_was_not_timed(ahead_of_time, seeded_export, tmp_path):
    from edgeface.backends.tensorrt.options import EngineOptions

    options = {"engines": EngineOptions(("86",)), "report": ReportOptions(latency=True)}
    folder = seeded_export(tmp_path, "tensorrt-int8", **options).folder
    assert not (folder / LATENCY).exists()
    page = read(folder)
    assert "an engine's latency is that of one GPU" in page.text
    assert "TensorRT engines" in page.text


@pytest.mark.slow
def test_onnx_fp32_is_not_compared(seeded_export, tmp_path):
    folder = seeded_export(tmp_path, "onnx-fp32", report=ReportOptions(latency=True)).folder
    assert not (folder / LATENCY).exists()
    assert "the reference of the others" in read(folder).text


def test_a_refused_export_leaves_only_its_requested_report(seeded_export, tmp_path, contents, images):
    recipe = tmp_path / "strict.toml"
    recipe.write_text(STRICT)
    place = tmp_path / "refused" / "why.html"
    before = contents(tmp_path)
    options = {"model": str(recipe), "calibration": images, "repair": RepairOptions("fast")}
    with pytest.raises(GateError):
        seeded_export(tmp_path / "out", report=ReportOptions(refused=place), **options)
    assert set(contents(tmp_path)) - set(before) == {"refused", "refused/why.html"}
    page = Reader(place.read_text(encoding="utf-8"))
    assert page.sections == SECTIONS
    assert "NOT good enough" in page.text
    assert "1 of 2 requirements are missed: minimum output SNR" in page.text
    assert "img" in page.tags


def test_a_report_of_a_refusal_replaces_no_other_file(seeded_export, tmp_path):
    place = tmp_path / "thesis.html"
    place.write_text("the only copy")
    with pytest.raises(InputError, match="not a report of edgeface"):
        seeded_export(tmp_path / "out", report=ReportOptions(latency=False, refused=place))
    assert place.read_text() == "the only copy"
    assert not (tmp_path / "out").exists()
