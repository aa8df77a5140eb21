"""The noise floor: what barely changed images do to the reference, measured once beside the candidates."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from edgeface.backends.float_io import FloatRunner
from edgeface.backends.open import open_runner
from edgeface.core.artifact import Artifact
from edgeface.errors import RuntimeFailure
from edgeface.images.perturb import JPEG_95, NOISE, SHIFT, Perturbation
from edgeface.tasks import task_of
from edgeface.validate.judge import Candidate, Judge
from edgeface.validate.noise import EVERY, LEAST_IMAGES, NoiseMeter, Noises
from edgeface.validate.reference import Reference

NOTHING = Perturbation("nothing", "doing nothing", lambda image, _: image)
BLACK = Perturbation("black", "painting it black", lambda image, _: np.zeros_like(image))
ONE = Noises((NOISE,))


@pytest.fixture
def artifact(faces_artifact):
    return Artifact.open(faces_artifact)


@pytest.fixture
def network(artifact):
    return FloatRunner(open_runner(artifact), artifact.manifest.layout).run


@pytest.fixture
def images(portrait):
    return [portrait(person) for person in (1, 2, 3, 5)]


class Counted:
    """A network that counts its runs, and says whether two ever ran at once."""

    def __init__(self, network):
        self.network, self.calls, self.overlapped = network, 0, False
        self._busy = threading.Lock()

    def __call__(self, feeds):
        free = self._busy.acquire(blocking=False)
        self.overlapped |= not free
        self.calls += 1
        try:
            return self.network(feeds)
        finally:
            if free:
                self._busy.release()


def floor_of(network, contract, images, changes):
    found = task_of(contract)
    with NoiseMeter(network, contract, Noises(changes)) as meter:
        for image in images:
            view = found.prepare(image, contract)
            meter.see(view, found.decide(network({contract.input.name: view.tensor}), contract, view))
        return meter.floor()


def test_each_change_is_compared_with_the_unchanged_images(artifact, network, images):
    floor = floor_of(network, artifact.contract, images, (NOTHING, BLACK))
    same, black = floor.by_name["nothing"], floor.by_name["black"]
    assert same.reference_faces == black.reference_faces > 0
    assert (same.flips, same.mean_score_change.value, same.drift) == (0, 0.0, 0.0)
    assert black.drift >= 0
    assert set(floor.as_dict()) == {"nothing", "black"}
    assert floor.as_dict()["nothing"]["reference_faces"] == same.reference_faces


def test_it_is_the_same_each_time(artifact, network, images):
    first, again = (floor_of(network, artifact.contract, images, (NOISE, JPEG_95, SHIFT)) for _ in range(2))
    assert first.as_dict() == again.as_dict()
    assert list(first.by_name) == [NOISE.name, JPEG_95.name, SHIFT.name]


def test_a_judge_measures_it_once_however_often_it_scores(artifact, network, images):
    reference, twin = Counted(network), Counted(network)
    noises = Noises((NOISE, SHIFT))
    judging = Judge(Reference("it", reference, twin), artifact.contract, lambda: images, "images", True, noises)
    with judging as judge:
        first, second = judge.score([Candidate(network), Candidate(network)])
        (third,) = judge.score([Candidate(network)])
    assert (reference.calls, twin.calls) == (len(images), 2 * len(images))
    assert first.noise is second.noise is third.noise
    assert first.noise is not None
    assert first.noise.as_dict() == floor_of(network, artifact.contract, images, (NOISE, SHIFT)).as_dict()


def test_a_reference_without_a_twin_measures_itself_and_never_runs_twice_at_once(artifact, network, images):
    reference = Counted(network)
    judging = Judge(
        Reference("it", reference), artifact.contract, lambda: images * 4, "images", noises=Noises((NOISE,))
    )
    with judging as judge:
        (found,) = judge.score([Candidate(network)])
    assert found.noise is not None
    assert reference.calls == 2 * 4 * len(images)
    assert not reference.overlapped


@pytest.mark.parametrize(("kind", "noises"), [("synthetic", (NOISE,)), ("images", ())])
def test_without_decisions_or_changes_there_is_none(artifact, network, images, kind, noises):
    twin = Counted(network)
    with Judge(Reference("it", network, twin), artifact.contract, lambda: images, kind, noises=Noises(noises)) as judge:
        (found,) = judge.score([Candidate(network)])
    assert found.noise is None
    assert found.comparison().noise is None
    assert twin.calls == 0


def test_a_network_that_fails_on_a_changed_image_ends_the_scoring(artifact, network, images):
    def failing(_):
        raise RuntimeFailure("it fails")

    judging = Judge(
        Reference("it", network, failing), artifact.contract, lambda: images, "images", noises=Noises((NOISE,))
    )
    with judging as judge, pytest.raises(RuntimeFailure, match="it fails"):
        judge.score([Candidate(network)])


def judged_by_a_part(artifact, network, images, enough, keep=False):
    """The findings on 40 images, of which every second is measured first, and the number of the twin's runs."""
    many, twin = images * 10, Counted(network)
    noises = Noises((NOISE, SHIFT), enough, len(many))
    judging = Judge(Reference("it", network, twin), artifact.contract, lambda: many, "images", keep, noises)
    with judging as judge:
        (found,) = judge.score([Candidate(network)])
    return found, twin.calls


def test_a_part_of_the_images_is_measured_where_it_shows_enough(artifact, network, images):
    asked = []

    def enough(agreed, least):
        asked.append((agreed[0].cases, least(agreed[0].cases)))
        return True

    found, runs = judged_by_a_part(artifact, network, images, enough)
    assert runs == 2 * 20
    assert found.noise.as_dict()[SHIFT.name]["changed_images"] == 20
    ((cases, least),) = asked
    assert least[SHIFT.name].reference_faces == cases == found.decisions.cases
    assert least[SHIFT.name].drift <= found.noise.by_name[SHIFT.name].drift


@pytest.mark.parametrize("keep", [False, True])
def test_where_a_part_does_not_show_enough_it_is_what_all_images_show(artifact, network, images, keep):
    found, runs = judged_by_a_part(artifact, network, images, lambda *_: False, keep)
    assert runs == 2 * 40
    assert found.noise.as_dict() == floor_of(network, artifact.contract, images * 10, (NOISE, SHIFT)).as_dict()


@pytest.mark.parametrize(("images", "step"), [(0, 1), (20, 1), (40, 2), (83, EVERY), (10_000, EVERY)])
def test_few_images_are_measured_more_densely(images, step):
    assert Noises((NOISE,), lambda *_: True, images).step == step
    assert step == 1 or images / step >= LEAST_IMAGES
    assert Noises((NOISE,), None, images).step == 1
