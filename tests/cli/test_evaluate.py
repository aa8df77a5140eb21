from __future__ import annotations

import cv2
import pytest


@pytest.fixture
def people(tmp_path, portrait):
    """Two images of two persons, and a table of their pairs."""
    for person in (1, 2):
        for number in (1, 2):
            assert cv2.imwrite(str(tmp_path / f"{person}{number}.png"), portrait(person, 20 * (number - 1)))
    (tmp_path / "pairs.csv").write_text("11.png,12.png,1\n21.png,22.png,1\n11.png,22.png,0\n21.png,12.png,0\n")
    return tmp_path


@pytest.fixture
def evaluate(edgeface_cli, people, faces_artifact, recognizer_artifact):
    def run(*arguments, recognizer=recognizer_artifact, detector=faces_artifact):
        chosen = (
            *(("--recognizer", recognizer) if recognizer else ()),
            *(("--detector", detector) if detector else ()),
        )
        return edgeface_cli("--quiet", "eval", "--images", people, "--jobs", 1, *chosen, *arguments)

    return run


def test_a_recognizer_is_evaluated_on_pairs(evaluate, people):
    outcome = evaluate("--pairs", people / "pairs.csv", "--far", 0.5)
    assert outcome.code == 0
    assert "2 pairs of the same person, 2 of others" in outcome.out
    assert "4 images, all with a face" in outcome.out
    assert "100.00% ± 0.00%" in outcome.out
    assert "caution: FAR 0.5 is only 1 of 2" in outcome.out


def test_a_reference_gives_the_threshold_to_use(evaluate, people, recognizer_artifact):
    outcome = evaluate("--pairs", people / "pairs.csv", "--far", 0.5, "--reference", recognizer_artifact)
    assert "threshold to use: " in outcome.out
    assert "+0.00 points [+0.00, +0.00]" in outcome.out
    assert "mean 1.0000, minimum 1.0000" in outcome.said


def test_gallery_and_probe_are_evaluated(evaluate, people, recognizer_artifact):
    both = ("--gallery-artifact", recognizer_artifact, "--probe-artifact", recognizer_artifact)
    outcome = evaluate("--pairs", people / "pairs.csv", "--far", 0.5, "--json", *both, recognizer=None)
    assert outcome.code == 0
    assert len(outcome.document["verifications"]) == 3
    assert len(outcome.document["changes"]) == 2


def test_images_without_a_face_are_listed(evaluate, people):
    assert cv2.imwrite(str(people / "12.png"), cv2.imread(str(people / "12.png")) * 0)
    outcome = evaluate("--pairs", people / "pairs.csv", "--far", 0.5)
    assert "1 without a face (2 pairs, which score −1): 12.png" in outcome.out


def test_json_is_one_document_and_the_cache_is_used(evaluate, people):
    arguments = ("--pairs", people / "pairs.csv", "--far", 0.5, "--json", "--cache", people / "cache.rows")
    first, second = evaluate(*arguments), evaluate(*arguments)
    assert first.document == second.document
    assert first.document["task"] == "recognition"


def test_a_foreign_cache_is_refused(evaluate, people):
    (people / "cache.rows").write_text("mine")
    outcome = evaluate("--pairs", people / "pairs.csv", "--cache", people / "cache.rows")
    assert outcome.code == 2
    assert "cannot read the evaluation cache" in outcome.err
    assert (people / "cache.rows").read_text() == "mine"


def test_a_detector_is_evaluated_on_boxes_and_against_a_reference(evaluate, people, faces_artifact, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    box = "<bndbox><xmin>12</xmin><ymin>20</ymin><xmax>44</xmax><ymax>52</ymax></bndbox>"
    (people / "11.xml").write_text(f"<annotation><object>{box}</object></annotation>")
    outcome = evaluate("--labels", people, "--reference", faces_artifact, recognizer=None)
    assert outcome.code == 0
    assert "3 without labels, left out: 12.png, 21.png, 22.png" in outcome.out
    row = next(line for line in outcome.out.splitlines() if line.startswith("all faces"))
    assert row.split() == [
        "all",
        "faces",
        "1",
        "1.0000",
        "[1.0000,",
        "1.0000]",
        "1.0000",
        "+0.00",
        "points",
        "[+0.00,",
        "+0.00]",
    ]
    words = " ".join(outcome.out.split())
    assert "2 of 2 faces found (100.00%, 95 %: 34.24%–100.00%)" in words
    assert "0 missed: 0 lost, 0 found below the threshold" in words
    alone = evaluate("--labels", people, "--json", recognizer=None)
    assert alone.document["average_precision"]["all faces"] == 1.0


@pytest.mark.parametrize(
    ("arguments", "without", "message"),
    [
        ((), ("recognizer", "detector"), "nothing to evaluate"),
        ((), ("recognizer",), "nothing to evaluate the detector with"),
        (("--pairs", "p.csv"), ("recognizer",), "--pairs are for recognizers"),
        ((), (), "evaluated on pairs"),
        (("--pairs", "p.csv"), ("detector",), "already be aligned"),
        (("--pairs", "p.csv", "--aligned"), (), "already be aligned"),
        (("--pairs", "p.csv", "--labels", "l"), (), "boxes cannot evaluate"),
        (("--pairs", "p.csv", "--gallery-artifact", "a"), (), "need each other"),
        (("--pairs", "p.csv", "--gallery-artifact", "a", "--probe-artifact", "b"), (), "exclude each other"),
        (("--pairs", "p.csv"), (), "--pairs: there is no such file"),
        (("--pairs", "p.csv", "--far", "2"), (), "--pairs: there is no such file|not a false accept rate"),
    ],
)
def test_conflicting_options_are_refused(evaluate, arguments, without, message, tmp_path, monkeypatch):
    import re

    monkeypatch.chdir(tmp_path)
    if "no such file" not in message:  # which is said before anything else
        for name in ("p.csv", "l", "a", "b"):
            (tmp_path / name).touch()
    outcome = evaluate(*arguments, **dict.fromkeys(without))
    assert outcome.code == 2
    assert re.search(message, outcome.err)


def test_jobs_must_be_positive(edgeface_cli, evaluate, people):
    outcome = evaluate("--pairs", people / "pairs.csv", "--jobs", 0)
    assert outcome.code == 2
    assert "not a number of processes" in outcome.err


@pytest.mark.parametrize("options", [("--far", 0.01), ("--aligned",)])
def test_a_recognizers_option_is_refused_for_a_detector(evaluate, people, options):
    outcome = evaluate("--labels", people, *options, recognizer=None)
    assert outcome.code == 2
    assert f"{options[0]} are for recognizers" in outcome.err
