from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from edgeface.backends.float_io import FloatRunner
from edgeface.backends.open import open_runner
from edgeface.core.artifact import Artifact
from edgeface.core.thresholds import MinEvidence, Thresholds
from edgeface.evaluation.identity_change import IdentityMeasure, LabeledFaces, judged_far
from edgeface.evaluation.labels import read_labeled
from edgeface.evaluation.landmark_cost import MIN_PX, LandmarkObserver
from edgeface.evaluation.precision_change import PrecisionMeasure
from edgeface.images.files import read_image
from edgeface.inference.detector import Detector
from edgeface.inference.recognizer import Recognizer
from edgeface.tasks.recognition.pairs import find_images, read_pairs
from edgeface.validate.inputs import subjects
from edgeface.validate.judge import Candidate, Judge
from edgeface.validate.reference import Reference

FEW = MinEvidence(faces=1, genuine_pairs=1)


def identity_change(labeled, contract, reference, candidate):
    (found,) = IdentityMeasure(labeled, contract).of(Reference("the same", reference), [candidate])
    return found


def precision_change(labeled, contract, reference, candidate):
    (found,) = PrecisionMeasure(labeled, contract).of(Reference("the same", reference), [candidate])
    return found


def landmark_cost(contract, reference, candidate, recognizer, images):
    observer = LandmarkObserver(recognizer)
    with Judge(Reference("the same", reference), contract, lambda: images, "images") as judge:
        judge.score([Candidate(candidate, observers=(observer,))])
    return observer.measured()


@pytest.fixture
def network(recognizer_artifact):
    artifact = Artifact.open(recognizer_artifact)
    return FloatRunner(open_runner(artifact), artifact.manifest.layout).run


@pytest.fixture
def contract(recognizer_artifact):
    return Artifact.open(recognizer_artifact).contract


@pytest.fixture
def labeled(people, contract, faces_artifact):
    pairs = read_pairs(people.parent / "pairs.txt")
    files = find_images(pairs, people)
    faces = subjects(list(files.values()), "trying", contract, Detector(Artifact.open(faces_artifact)))
    return LabeledFaces(pairs, dict(zip(files, faces, strict=True)))


class Counted:
    """A network that counts its runs."""

    def __init__(self, network):
        self.network, self.calls = network, 0

    def __call__(self, feeds):
        self.calls += 1
        return self.network(feeds)


def rounded(run, step):
    """The network with embeddings on a coarse grid, as a poor quantization leaves them."""

    def coarse(feeds):
        return {name: np.round(found / step) * step + 1e-3 for name, found in run(feeds).items()}

    return coarse


def test_the_same_network_changes_nothing(labeled, contract, network):
    found = identity_change(labeled, contract, network, network)
    assert found.change.tar.value == 0
    assert found.change.accuracy is None or found.change.accuracy.value == 0
    assert found.threshold == pytest.approx(found.change.at_best.reference)
    assert found.as_dict()["threshold_basis"] == "best accuracy"  # eight pairs do not suffice for a rate of 1e-3


def test_a_worse_network_has_worse_decisions(labeled, contract, network):
    found = identity_change(labeled, contract, network, rounded(network, 60.0))
    assert not np.array_equal(found.reference.scores, found.candidate.scores)
    assert found.candidate.best.accuracy <= found.reference.best.accuracy
    assert -1 <= found.threshold <= 1


@pytest.fixture
def many(portrait, tmp_path):
    """Forty pairs of aligned faces of twenty persons, enough for accuracy by folds."""
    count = 20
    rows = [f"{one}a,{one}b,1\n{one}a,{(one + 1) % count}b,0\n" for one in range(count)]
    (tmp_path / "pairs.csv").write_text("".join(rows))
    faces = {
        f"{person}{name}": cv2.resize(portrait(person, noise), (112, 112), interpolation=cv2.INTER_NEAREST)
        for person in range(count)
        for name, noise in (("a", 0), ("b", 20))
    }
    return LabeledFaces(read_pairs(tmp_path / "pairs.csv"), faces)


@pytest.mark.parametrize(
    ("step", "lost", "missed"), [(1.0, "0.00", False), (60.0, "35.00", True)], ids=["slightly", "coarsely"]
)
def test_lost_accuracy_is_judged_where_a_threshold_limits_it(many, contract, network, step, lost, missed):
    found = identity_change(many, contract, network, rounded(network, step))
    assert found.reference.accuracy.mean == 1
    assert found.requirements(Thresholds()) == []
    (requirement,) = found.requirements(Thresholds(accuracy_drop_points=0.5, evidence=FEW))
    assert (requirement.what, requirement.limit) == ("accuracy lost in verification", "≤ 0.5 points")
    assert (requirement.measured, requirement.missed, requirement.n) == (f"{lost} points", missed, 20)
    assert requirement.met is not missed


def test_a_loss_is_met_by_its_interval_not_by_its_figure(many, contract, network):
    found = identity_change(many, contract, network, rounded(network, 60.0))
    lost, worst = -100 * found.change.accuracy.value, -100 * found.change.accuracy.low

    def judged(limit):
        (requirement,) = found.requirements(Thresholds(accuracy_drop_points=limit, evidence=FEW))
        return requirement

    assert lost < worst
    assert judged(worst).met
    assert judged(lost).unsure
    assert judged(lost - 0.1).missed


def test_few_pairs_show_nothing_however_well_they_are_told_apart(many, contract, network):
    found = identity_change(many, contract, network, network)
    (requirement,) = found.requirements(Thresholds(accuracy_drop_points=0.5))
    assert requirement.unsure == "20 pairs of one person do not show it: about 300 would, if the figure stays"


def test_true_accepts_are_judged_at_a_rate_that_the_pairs_can_count(many, contract, network):
    assert judged_far(many.pairs) is None  # 20 pairs of two persons count no rate
    found = identity_change(many, contract, network, network)
    assert found.requirements(Thresholds(tar_drop_points=2.0, evidence=FEW)) == []
    hundred = replace(many.pairs, pairs=many.pairs.pairs * 5, folds=np.tile(many.pairs.folds, 5))
    assert judged_far(hundred) == 0.1
    measured = identity_change(LabeledFaces(hundred, many.faces), contract, network, rounded(network, 60.0))
    (requirement,) = measured.requirements(Thresholds(tar_drop_points=2.0, evidence=FEW))
    assert requirement.what == "TAR lost at FAR 0.1"
    assert requirement.missed
    assert measured.as_dict()["tar_judged"]["far"] == 0.1


def test_changed_verdicts_are_judged_against_moving_one_face_of_each_pair(many, contract, network):
    limits = Thresholds(noise_factor=0.5, evidence=FEW)
    moved = Counted(network)
    measure = IdentityMeasure(many, contract, noise=True)
    same, worse = measure.of(Reference("it", network, moved), [network, rounded(network, 60.0)])
    assert moved.calls == 2 * 20  # the second images only, and their mirror images
    assert same.moved is worse.moved
    counted = worse.as_dict()["changed_verdicts"]
    assert counted["by_artifact"] == worse.changed_verdicts(worse.candidate.scores) > counted["by_noise"]
    assert same.as_dict()["changed_verdicts"]["by_artifact"] == 0
    (kept,), (missed,) = same.requirements(limits), worse.requirements(limits)
    assert (kept.what, kept.n, kept.of, kept.met) == ("changed verdicts", 40, "pairs", True)
    assert not missed.met
    assert same.requirements(Thresholds(evidence=FEW)) == []


def test_without_noise_no_verdicts_are_judged(many, contract, network):
    found = identity_change(many, contract, network, network)
    assert found.requirements(Thresholds(noise_factor=0.5, evidence=FEW)) == []
    assert found.as_dict()["changed_verdicts"] == {"by_artifact": 0}


def test_a_missing_face_matches_nobody(labeled, contract, network):
    first = next(iter(labeled.faces))
    hidden = LabeledFaces(labeled.pairs, {**labeled.faces, first: None})
    found = identity_change(hidden, contract, network, network)
    lost = [first in (pair.first, pair.second) for pair in labeled.pairs.pairs]
    assert (found.candidate.scores[lost] == -1).all()


@pytest.fixture
def enlarged(people):
    """Images in which the faces of `faces_artifact` are large enough to count."""
    return [np.repeat(np.repeat(read_image(file), 4, 0), 4, 1) for file in sorted(people.rglob("*.png"))]


def test_landmark_errors_are_measured_by_their_effect_on_embeddings(faces_artifact, recognizer_artifact, enlarged):
    artifact = Artifact.open(faces_artifact)
    run = FloatRunner(open_runner(artifact), artifact.manifest.layout).run
    recognizer = Recognizer(Artifact.open(recognizer_artifact))

    def astray(feeds):
        outputs = dict(run(feeds))
        outputs["landmarks"] = outputs["landmarks"] + np.random.default_rng(3).normal(0, 0.8, (1, 1, 10)).astype(
            np.float32
        )
        return outputs

    same = landmark_cost(artifact.contract, run, run, recognizer, enlarged)
    worse = landmark_cost(artifact.contract, run, astray, recognizer, enlarged)
    assert len(same.cosines) == len(worse.cosines) >= len(enlarged)
    assert same.mean_cosine == pytest.approx(1, abs=1e-6)
    assert worse.mean_cosine < 0.99
    assert worse.as_dict()["least_face_px"] == MIN_PX


def test_without_large_faces_there_is_no_landmark_cost(faces_artifact, recognizer_artifact, people):
    artifact = Artifact.open(faces_artifact)
    run = FloatRunner(open_runner(artifact), artifact.manifest.layout).run
    small = [read_image(file) for file in sorted(people.rglob("*.png"))]
    found = landmark_cost(artifact.contract, run, run, Recognizer(Artifact.open(recognizer_artifact)), small)
    assert found.as_dict()["mean_cosine"] is None


def test_average_precision_is_reported_before_and_after(faces_artifact, people, tmp_path):
    artifact = Artifact.open(faces_artifact)
    run = FloatRunner(open_runner(artifact), artifact.manifest.layout).run
    folder = tmp_path / "labelled"
    folder.mkdir()
    for file in people.rglob("*.png"):
        (folder / file.name).write_bytes(file.read_bytes())
        box = "<xmin>12</xmin><ymin>20</ymin><xmax>44</xmax><ymax>52</ymax>"
        (folder / f"{file.stem}.xml").write_text(
            f"<annotation><object><name>face</name><bndbox>{box}</bndbox></object></annotation>"
        )

    def blind(feeds):
        outputs = run(feeds)
        return {**outputs, "scores": np.zeros_like(outputs["scores"])}

    labeled = read_labeled(folder, folder)
    same = precision_change(labeled, artifact.contract, run, run)
    worse = precision_change(labeled, artifact.contract, run, blind)
    assert same.worst_drop_points == 0
    assert same.candidate.figures()["all faces"] > 0.9
    assert worse.worst_drop_points == pytest.approx(100 * same.candidate.figures()["all faces"])
    [requirement] = worse.requirements(Thresholds(precision_drop_points=1.0))
    assert requirement.missed
    assert (requirement.n, requirement.of) == (8, "labeled faces")
    [open_one] = same.requirements(Thresholds(precision_drop_points=1.0))
    assert "at least" in open_one.unsure or "about 100" in open_one.unsure
