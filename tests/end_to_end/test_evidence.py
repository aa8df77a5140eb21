"""No verdict without evidence: real weights judged on images that show little or nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest
import torch
from outcome import Outcome

from edgeface.images.folder import list_images
from edgeface.images.synthetic import synthetic_images

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def weights(shared_data) -> Path:
    return shared_data / "weights" / "retinaface_mnet025_1mb.pth"


@pytest.fixture(scope="module")
def dead_head(weights, tmp_path_factory) -> Path:
    """The real checkpoint with a class head that calls everything background."""
    state = torch.load(weights, map_location="cpu", weights_only=True)
    heads = [name for name in state if "ClassHead" in name and name.endswith("bias")]
    assert heads
    for name in heads:
        state[name] = torch.tensor([20.0, -20.0]).repeat(len(state[name]) // 2)
    path = tmp_path_factory.mktemp("dead") / "dead.pth"
    torch.save(state, path)
    return path


@pytest.fixture(scope="module")
def faceless(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("faceless")
    for number, image in enumerate(synthetic_images(20, seed=9)):
        cv2.imwrite(str(folder / f"{number:02}.png"), image)
    return folder


@pytest.fixture(scope="module")
def five(shared_data, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("five")
    for file in list_images(shared_data / "scenes")[::25]:
        shutil.copy(file, folder)
    return folder


@pytest.fixture
def exported(edgeface_cli) -> Callable[..., Outcome]:
    """Export to a folder with options; nothing may be called good enough."""

    def run(out: Path, *options: object) -> Outcome:
        ended = edgeface_cli("export", "--target", "tflite-int8", "--out", out, "--no-latency", *options, "--json")
        assert "Good enough" not in ended.out + ended.err
        for report in out.rglob("report.html"):
            assert "Good enough" not in report.read_text(encoding="utf-8")
        return ended

    return run


def verdict_of(ended: Outcome) -> str:
    (artifact,) = ended.document["artifacts"]
    return artifact["certificate"]["verdict"]


def test_faceless_images_certify_nothing(edgeface_cli, exported, weights, faceless, tmp_path):
    given = ("--weights", weights, "--variant", "1mb", "--calibration", faceless, "--input", "128x160")
    ended = exported(tmp_path, *given)
    assert (ended.code, verdict_of(ended)) == (0, "unsure")
    folder = tmp_path / "retinaface_mnet025-tflite-int8"
    compared = edgeface_cli("parity", folder, "--weights", weights, "--images", faceless)
    assert "fp32 itself finds nothing to compare on these 20 images" in compared.said
    assert "100.00%" not in compared.said
    evaluated = edgeface_cli("eval", "--detector", folder, "--reference", folder, "--images", faceless, "--jobs", 1)
    assert "it finds no face on these images" in evaluated.said
    assert "100.00%" not in evaluated.said


@pytest.mark.hostile
def test_a_class_head_that_finds_nothing_certifies_nothing(exported, dead_head, shared_data, tmp_path):
    given = ("--weights", dead_head, "--variant", "1mb", "--calibration", shared_data / "scenes", "--input", "128x160")
    assert verdict_of(exported(tmp_path, *given)) == "unsure"


@pytest.mark.hostile
@pytest.mark.parametrize("size", ["32x32", "64x2048"])
def test_an_input_too_small_for_faces_certifies_nothing(exported, weights, five, tmp_path, size):
    ended = exported(tmp_path, "--weights", weights, "--variant", "1mb", "--calibration", five, "--input", size)
    assert ended.code == 1 or verdict_of(ended) == "unsure"  # of two faces one may be lost, which is refused


def test_five_photographs_show_that_it_works_and_not_how_well(exported, weights, five, tmp_path):
    ended = exported(tmp_path, "--weights", weights, "--variant", "1mb", "--calibration", five)
    assert verdict_of(ended) == "unsure"
    (artifact,) = ended.document["artifacts"]
    wanting = [each["unsure"] for each in artifact["certificate"]["requirements"] if each["unsure"]]
    assert any("at least 100 are needed" in text or "about" in text for text in wanting)
    page = (tmp_path / "retinaface_mnet025-tflite-int8" / "report.html").read_text(encoding="utf-8")
    assert "how well is not shown" in page


@pytest.mark.parametrize(
    "quality", [pytest.param(None, id="equal", marks=pytest.mark.hostile), pytest.param(70, id="encoded again")]
)
def test_copies_of_one_photograph_do_not_judge_each_other(exported, weights, shared_data, tmp_path, quality):
    photograph = list_images(shared_data / "scenes")[0]
    folder = tmp_path / "copies"
    folder.mkdir()
    for number in range(24):
        place = folder / f"{number:02}.jpg"
        if quality is None:
            shutil.copy(photograph, place)
        else:
            cv2.imwrite(str(place), cv2.imread(str(photograph)), [cv2.IMWRITE_JPEG_QUALITY, quality + number])
    ended = exported(tmp_path / "out", "--weights", weights, "--variant", "1mb", "--calibration", folder)
    assert ended.code == 2
    assert "23 images in" in ended.err
    assert "one image cannot be used for both" in ended.err
