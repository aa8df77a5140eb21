"""The training of the sample models."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from unittest.mock import ANY

import cv2
import numpy as np
import pytest
import torch
from torch import nn

SAMPLES = Path(__file__).parents[2] / "recipes" / "samples"


@pytest.fixture
def samples(monkeypatch):
    """Import a module of the training, which is a folder of scripts and no package."""
    monkeypatch.syspath_prepend(str(SAMPLES))
    return import_module


def draw_data(folder: Path, portraits: int = 60) -> Path:
    """Forty scenes and sixty portraits, or fewer, of one grey each; those that are held out are black."""
    (folder / "scenes").mkdir(parents=True)
    (folder / "lfw").mkdir()
    for number in range(40):
        cv2.imwrite(
            str(folder / "scenes" / f"{number:02}.png"), np.full((90, 120, 3), 200 * (number % 20 > 0), np.uint8)
        )
    encoded = [
        cv2.imencode(".jpg", np.full((64, 64, 3), 200 * (number % 20 > 0), np.uint8))[1].ravel()
        for number in range(portraits)
    ]
    offsets = np.cumsum([0, *map(len, encoded)])
    np.savez(folder / "lfw" / "extra_250.npz", blob=np.concatenate(encoded), off=offsets)
    return folder


class Brightness:
    """A lesson of its own: how bright an image is."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.student = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.PReLU(4), nn.Conv2d(4, 1, 6))

    def image(self, random):
        return random.integers(0, 256, (8, 8, 3)).astype(np.uint8)

    def losses(self, images):
        wanted = images.float().mean((1, 2, 3)) / 255
        return {"brightness": (self.student(images.permute(0, 3, 1, 2) / 255).flatten() - wanted).square().mean()}

    def judge(self, student):
        return {"output": float(student(torch.ones(1, 3, 8, 8)))}


def train(samples, folder: Path, steps: int, seed: int = 0) -> bytes:
    training = samples("training")
    course = training.Course(steps=steps, batch=4, rate=1e-2, seed=seed, workers=2)
    training.Training(Brightness(), course, folder).run()
    return (folder / "student.safetensors").read_bytes()


def test_a_training_that_was_stopped_goes_on_to_the_same_weights(samples, tmp_path, capsys):
    whole = train(samples, tmp_path / "whole", 8)
    half = train(samples, tmp_path / "parts", 4)

    assert half != whole
    assert train(samples, tmp_path / "parts", 8) == whole
    assert "step 8/8" in capsys.readouterr().out


def test_another_seed_shows_other_images(samples, tmp_path):
    assert train(samples, tmp_path / "a", 4) != train(samples, tmp_path / "b", 4, seed=1)


def test_the_learning_rate_fades_over_the_last_steps_only(samples):
    course = samples("training").Course(steps=1000, batch=1, rate=0.5)

    assert course.rate_at(0) < 0.01
    assert course.rate_at(300) == course.rate_at(699) == 0.5
    assert 0 < course.rate_at(999) < 0.01


def test_views_show_no_image_that_is_held_out(samples, tmp_path):
    images = samples("images").Images(draw_data(tmp_path))
    views = samples("views").Views(images, [[(60.0, 45.0)]] * 40)

    shown = [views.plain(np.random.default_rng(seed)) for seed in range(200)]
    kept = [views.plain(np.random.default_rng(seed), held_out=True) for seed in range(40)]

    assert all(view.min() > 80 for view in shown)  # grey, and the mean color beside it
    assert all(view.min() < 20 for view in kept)


def test_views_are_decided_by_their_seed(samples, tmp_path):
    images = samples("images").Images(draw_data(tmp_path))
    views = samples("views").Views(images, [[]] * 40)

    one, same, other = (views.changed(np.random.default_rng(seed)) for seed in (1, 1, 2))

    assert one.shape == (256, 256, 3)
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_a_second_course_shows_what_the_first_misjudged_and_textures(samples, tmp_path):
    folder = draw_data(tmp_path)
    with np.load(folder / "lfw" / "extra_250.npz") as stored:
        blob, offsets = stored["blob"], stored["off"]
    red = cv2.imencode(".png", np.full((64, 64, 3), (0, 0, 255), np.uint8))[1].ravel()
    np.savez(
        folder / "lfw" / "extra_250.npz",
        blob=np.concatenate([blob[: offsets[7]], red, blob[offsets[8] :]]),
        off=np.concatenate([offsets[:8], offsets[8:] + len(red) - (offsets[8] - offsets[7])]),
    )
    views = samples("views").Views(samples("images").Images(folder), [[(60.0, 45.0)]] * 40, {7: [(32.0, 32.0)]})

    shown = [views.plain(np.random.default_rng(seed)) for seed in range(200)]
    kept = [views.plain(np.random.default_rng(seed), held_out=True) for seed in range(40)]

    assert 30 < sum(view[..., 2].max() > 250 and view[128, 128].tolist() == [0, 0, 255] for view in shown) < 90
    assert sum(view.std() > 5 for view in shown) > 10
    assert all(view.min() < 20 for view in kept)


def test_textures_are_decided_by_their_seed_and_none_is_like_another(samples):
    texture = samples("textures").texture
    made = [texture(np.random.default_rng(seed), 64) for seed in range(20)]

    assert all(picture.shape == (64, 64, 3) and picture.dtype == np.uint8 for picture in made)
    assert np.array_equal(texture(np.random.default_rng(3), 64), made[3])
    assert len({picture.tobytes() for picture in made}) == 20


def test_misjudged_faces_are_those_that_one_of_both_does_not_see(samples, tmp_path):
    from edgeface.contracts import detection
    from edgeface.models import family

    known = family("retinaface_mnet025")
    contract = detection(known.variants()["official"])
    blind, seeing = (known.random(contract, 3) for _ in range(2))
    samples("detector").shift_scores(blind, -40.0)
    samples("detector").shift_scores(seeing, 40.0)
    module = samples("misjudged")
    images = samples("images").Images(draw_data(tmp_path, portraits=5))

    found = module.find_misjudged(images, contract, blind, seeing, tmp_path / "kept.npz")
    agreed = module.find_misjudged(images, contract, blind, blind, tmp_path / "agreed.npz")
    again = module.find_misjudged(images, contract, blind, blind, tmp_path / "kept.npz")

    assert set(found) == {3}  # one in three is looked at, and the first is held out
    assert all(-10 <= value <= 74 for point in found[3] for value in point)
    assert not agreed
    assert again == found


def test_the_threshold_accepts_one_in_a_thousand_of_two_persons(samples):
    module = samples("measure_threshold")
    random = np.random.default_rng(0)
    same = np.arange(100) < 50
    impostors = random.uniform(-1, 0.5, 20_000)
    scores = module.Scores(np.where(same, 0.8, 0.0), impostors)
    found = module.measured(scores, module.Scores(scores.pairs, impostors + 0.01), same)

    assert found["cosine"] == round(found["cosine"], 3)
    assert 0 < found["float32"]["false_accepts"]["count"] <= 20 < found["int8"]["false_accepts"]["count"]
    assert found["float32"]["true_accepts"] == {"count": 50, "pairs": 50, "rate": 1, "interval_95": ANY}
    assert found["float32"]["false_accepts_of_the_list"]["count"] == 0


def test_quick_layers_have_the_results_and_gradients_of_those_that_they_replace(samples):
    torch.manual_seed(0)
    slow = nn.Sequential(nn.Conv2d(8, 8, 3, 2, 1, groups=8), nn.PReLU(8))
    quick = nn.Sequential(nn.Conv2d(8, 8, 3, 2, 1, groups=8), nn.PReLU(8))
    quick.load_state_dict(slow.state_dict())
    samples("layers").quicken(quick)
    features = torch.randn(2, 8, 9, 9)

    answers = [network(features) for network in (slow, quick)]
    for answer in answers:
        answer.square().sum().backward()

    assert type(quick[1]) is not nn.PReLU
    torch.testing.assert_close(answers[0], answers[1])
    for mine, wanted in zip(quick.parameters(), slow.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, wanted.grad)


@pytest.fixture
def few(shared_data, tmp_path):
    """Real images, few of them, and the teachers."""
    folder = tmp_path / "data"
    (folder / "scenes").mkdir(parents=True)
    for path in sorted((shared_data / "scenes").iterdir())[:3]:
        (folder / "scenes" / path.name).symlink_to(path)
    (folder / "weights").symlink_to(shared_data / "weights")
    (folder / "lfw").mkdir()
    with np.load(shared_data / "lfw" / "extra_250.npz") as stored:
        offsets = stored["off"][:31]
        np.savez(folder / "lfw" / "extra_250.npz", blob=stored["blob"][: offsets[-1]], off=offsets)
    return folder


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("student", "family_name", "variant"),
    [("detector", "retinaface_mnet025", "official"), ("recognizer", "mobilefacenet", "y1")],
)
def test_a_student_is_trained_into_weights_that_its_family_loads(
    samples, few, tmp_path, monkeypatch, student, family_name, variant
):
    from edgeface.models import family

    out = tmp_path / "out"
    given = ["train.py", student, "--data", str(few), "--out", str(out), "--steps", "2", "--batch", "2"]
    monkeypatch.setattr("sys.argv", given)
    samples("train").main()

    known = family(family_name)
    network = known.load(out / "student.safetensors", known.variants()[variant])
    assert all(torch.isfinite(value).all() for value in network.state_dict().values())


def test_shifted_scores_keep_their_order_and_every_box(samples):
    from edgeface.contracts import detection
    from edgeface.models import family

    contract = detection(family("retinaface_mnet025").variants()["official"])
    network = family("retinaface_mnet025").random(contract.with_input_size(64, 64), 3)
    tensor = torch.randn(1, 3, 64, 64) * 40
    with torch.inference_mode():
        boxes, scores, points = network(tensor)
        samples("shift_scores").shift_scores(network, 1.5)
        shifted = network(tensor)
    torch.testing.assert_close(shifted[0], boxes)
    torch.testing.assert_close(shifted[2], points)
    torch.testing.assert_close(
        torch.logit(shifted[1][..., 1]) - torch.logit(scores[..., 1]), torch.full(boxes.shape[:2], 1.5)
    )
