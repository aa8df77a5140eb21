"""Reports to look at: of two detectors and two recognizers that differ, and of real exports of a seeded network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgeface.analysis.analyze import analyze
from edgeface.analysis.request import AnalyzeRequest
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.open import open_runner
from edgeface.compile.report_options import ReportOptions
from edgeface.compile.request import ExportRequest
from edgeface.contracts import DetectionContract
from edgeface.core.artifact import Artifact
from edgeface.core.description import Figure, Mark, Table, Tile, Verdict
from edgeface.exporting.export import export
from edgeface.report.analysis_page import analysis_page
from edgeface.report.gallery import gallery
from edgeface.report.histogram import Group, Row, Words, histogram
from edgeface.report.page import Cost, Gallery, Layers, Page
from edgeface.report.plot import Point, plot_layers
from edgeface.report.watch import Watcher
from edgeface.validate.judge import Candidate, Judge
from edgeface.validate.reference import Reference

SIZE = (64, 96)
FLAGS = ("--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions")
QUICK = ReportOptions(latency=False)
NEAR, FAR, OTHER = 2 * (4 * 8 + 3) + 1, 2 * (1 * 8 + 6), 2 * (6 * 8 + 1)
"""Priors of `faces_artifact`: its two faces, and one where it sees nothing."""


@pytest.fixture(scope="session")
def browser():
    """A real browser: Debian's Chromium, driven by Playwright."""
    program = shutil.which("chromium")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs chromium")
        pytest.skip("there is no chromium: apt-get install chromium")
    sync = pytest.importorskip("playwright.sync_api")
    with sync.sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=program, args=[*FLAGS, *(["--no-sandbox"] if os.getuid() == 0 else [])]
        )
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def seeded_export(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Artifact]:
    """Export the default network with seeded weights at 64×96 to one target: (folder, target, **options) → artifact."""

    def run(out: Path, target: str = "tflite-int8", **options) -> Artifact:
        given = {"seed": 1, "input_size": SIZE, "report": QUICK, **options}
        return export(ExportRequest(targets=(target,), out=out, **given))[0]

    return run


@pytest.fixture
def detectors(faces_artifact) -> tuple[DetectionContract, Callable, Callable]:
    """A contract and two detectors: the second sees one face less sure, moves one's landmarks, and finds another."""
    artifact = Artifact.open(faces_artifact)
    runner = FloatRunner(open_runner(artifact), "nchw")

    def other(feeds):
        found = {name: array.copy() for name, array in runner.run(feeds).items()}
        if found["scores"][0, NEAR, 1] == 0:  # a dark image, on which neither sees anything
            return found
        found["scores"][0, FAR, 1] = 0.4
        found["scores"][0, OTHER, 1] = 0.7
        found["landmarks"][0, NEAR] += 2.0
        return found

    return artifact.contract, runner.run, other


def watch(contract, reference, candidate, images) -> Watcher:
    """What is seen of two networks on images."""
    watcher = Watcher(contract)
    with Judge(Reference("the first", reference), contract, lambda: images, "images") as judge:
        judge.score([Candidate(candidate, watcher.see)])
    return watcher


@pytest.fixture
def watched(detectors, portrait) -> Watcher:
    """What was seen of these detectors on an image with faces, a dark one, and another with faces."""
    contract, first, second = detectors
    return watch(contract, first, second, [portrait(1), np.zeros((64, 64, 3), np.uint8), portrait(2)])


@pytest.fixture
def embedders(recognizer_artifact, portrait) -> Watcher:
    """What was seen of two recognizers that differ more from face to face."""
    artifact = Artifact.open(recognizer_artifact)
    runner = FloatRunner(open_runner(artifact), "nchw")
    calls = iter(range(100))

    def other(feeds):
        noise = np.random.default_rng(0).normal(size=(1, 16)).astype(np.float32)
        return {name: array + 0.3 * next(calls) * noise for name, array in runner.run(feeds).items()}

    faces = [np.repeat(np.repeat(portrait(n), 2, axis=0), 2, axis=1)[:112, :112] for n in range(12)]
    return watch(artifact.contract, runner.run, other, faces)


@pytest.fixture
def page() -> Callable[..., Page]:
    """A page with something in every place: page(gallery, **what is to be otherwise)."""

    def build(shown: Gallery, **changed) -> Page:
        points = [Point(f"value {n}", 60.0 - n, "int8" if n % 5 else "float") for n in range(60)]
        drawn = histogram(
            Words("Scores", "score", "Scores of 3 faces."),
            (Row("fp32", (Group("plain", "fp32", (0.5, 0.7, 0.9)),)), Row("int8", (Group("own", "int8", (0.5, 0.6)),))),
        )
        numbers = Table("Numbers", ("name", "left", "right"), (("a long name without any end to it", "1.0", "2.0"),))
        states = (Mark("met", "good"), Mark("unsure", "unsure"), Mark("missed", "bad"))
        given = {
            "model": "retinaface_mnet025",
            "target": "tflite-int8",
            "subtitle": "detection",
            "made": "recipe retinaface_mnet025 (0123456789ab), edgeface 0",
            "verdict": Verdict("good", "Good enough", "All requirements are met."),
            "tiles": (Tile("model file", "548 kB", "0.32 × of fp32"),),
            "requirements": Table("Requirements", ("what", ""), tuple((state.text, state) for state in states), left=2),
            "gallery": shown,
            "figures": (Figure("faces matched", "98.0 %", "100 faces", "93.0–99.5 %"),),
            "charts": (drawn,),
            "findings": (numbers,),
            "findings_notes": ("A note.",),
            "cost": Cost((), (numbers,), missing="Not measured."),
            "layers": Layers(plot_layers(points, "tflite-int8"), "It falls at /a/" + "long/" * 40 + "name.", numbers),
            "budget": (numbers,),
            "budget_notes": ("Another note.",),
            "origin": (numbers,),
            "command": "edgeface export --target tflite-int8",
            "version": "0",
        }
        return Page(**{**given, **changed})

    return build


@pytest.fixture(scope="session")
def analyzed(small) -> str:
    """The page of a small recognizer's analysis."""
    watchers: list[Watcher] = []

    def watching(contract):
        watchers.append(Watcher(contract))
        return watchers[0].see

    request = AnalyzeRequest(
        str(small.model), contract=small.contract, calibration=small.calibration, images=small.images
    )
    return analysis_page(analyze(request, watching), watchers[0])


@pytest.fixture
def scenes(watched) -> Gallery:
    return gallery(watched, ["1.jpg", "2.jpg", "3.jpg"], "tflite-int8")


@pytest.fixture
def cards(embedders) -> Gallery:
    return gallery(embedders, [], "tflite-int8")
