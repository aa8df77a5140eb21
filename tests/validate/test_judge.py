"""The judge looks at each image once with the reference, whatever the number of candidates and of scorings."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from edgeface.backends.float_io import FloatRunner
from edgeface.backends.open import open_runner
from edgeface.core.artifact import Artifact
from edgeface.errors import InputError
from edgeface.validate.judge import Candidate, Judge
from edgeface.validate.reference import Reference


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
    """A network, or a source of images, that counts how often it is used, and by how many threads at once."""

    def __init__(self, made):
        self.made, self.calls, self.running, self.most = made, 0, 0, 0
        self._lock = threading.Lock()

    def __call__(self, *given):
        with self._lock:
            self.calls += 1
            self.running += 1
            self.most = max(self.most, self.running)
        try:
            return self.made(*given)
        finally:
            with self._lock:
                self.running -= 1


def blind(network):
    def run(feeds):
        outputs = network(feeds)
        return {**outputs, "scores": np.zeros_like(outputs["scores"])}

    return run


def test_the_reference_runs_once_for_each_image_whatever_the_number_of_candidates(artifact, network, images):
    reference, decoded = Counted(network), Counted(lambda: iter(images))
    with Judge(Reference("it", reference), artifact.contract, decoded, "images") as judge:
        same, worse, again = judge.score([Candidate(network), Candidate(blind(network)), Candidate(network)])
    assert (decoded.calls, reference.calls) == (1, len(images))
    assert same.decisions == again.decisions
    assert same.decisions.missed == same.decisions.extra == 0
    assert worse.decisions.missed == same.decisions.reference_faces > 0
    assert [found.images for found in (same, worse, again)] == [4, 4, 4]


def test_kept_images_serve_later_scorings_without_decoding_or_the_reference(artifact, network, images):
    reference, decoded = Counted(network), Counted(lambda: iter(images))
    with Judge(Reference("it", reference), artifact.contract, decoded, "images", keep=True) as judge:
        (first,) = judge.score([Candidate(blind(network))])
        (second,) = judge.score([Candidate(blind(network))])
    assert (decoded.calls, reference.calls) == (1, len(images))
    assert first == second


def test_without_keep_a_second_scoring_decodes_again(artifact, network, images):
    decoded = Counted(lambda: iter(images))
    with Judge(Reference("it", network), artifact.contract, decoded, "images") as judge:
        assert judge.score([Candidate(network)]) == judge.score([Candidate(network)])
    assert decoded.calls == 2


def test_a_candidate_never_runs_twice_at_the_same_time(artifact, network, images):
    candidates = [Counted(network) for _ in range(3)]
    with Judge(Reference("it", network), artifact.contract, lambda: images * 3, "images") as judge:
        judge.score([Candidate(candidate) for candidate in candidates])
    assert [candidate.most for candidate in candidates] == [1, 1, 1]
    assert [candidate.calls for candidate in candidates] == [12, 12, 12]


def test_decisions_about_synthetic_images_are_not_compared(artifact, network, images):
    seen = []
    with Judge(Reference("it", network), artifact.contract, lambda: images, "synthetic") as judge:
        (found,) = judge.score([Candidate(blind(network), lambda *given: seen.append(given))])
    assert found.decisions is None
    assert found.comparison().decisions is None
    assert len(seen) == len(images)
    assert all(given[1:] == (None, None, None) for given in seen)


def test_an_image_that_cannot_be_read_ends_the_scoring(artifact, network, images):
    def damaged():
        yield images[0]
        raise InputError("the image is damaged", where="2.png")

    with (
        Judge(Reference("it", network), artifact.contract, damaged, "images", keep=True) as judge,
        pytest.raises(InputError, match="damaged"),
    ):
        judge.score([Candidate(network)])


def test_an_interrupted_scoring_is_not_reused(artifact, network, images):
    good = iter([False, True])

    def second_time_good():
        yield images[0]
        if not next(good):
            raise InputError("the image is damaged", where="2.png")
        yield images[1]

    with Judge(Reference("it", network), artifact.contract, second_time_good, "images", keep=True) as judge:
        with pytest.raises(InputError):
            judge.score([Candidate(network)])
        (found,) = judge.score([Candidate(network)])
    assert found.images == 2
