"""Tasks are found by folder, and whatever is found by a task's name is there for each."""

from __future__ import annotations

import functools
import operator
from dataclasses import replace

import numpy as np
import pytest

from edgeface.contracts import GenericContract, detection, recognition
from edgeface.core.thresholds import Thresholds
from edgeface.errors import ContractError, InputError
from edgeface.images.perturb import PERTURBATIONS
from edgeface.inference.load import openers
from edgeface.models import families, family
from edgeface.report.galleries import gallery_of
from edgeface.samples import SAMPLES
from edgeface.samples.compose import COMPOSERS
from edgeface.tasks import task, task_of, tasks
from edgeface.tasks.detection.agreement import FaceAgreement
from edgeface.tasks.detection.detect import moved_right
from edgeface.tasks.detection.faces import Face
from edgeface.tasks.recognition.agreement import EmbeddingAgreement

DETECTOR = family("retinaface_mnet025").variants()["official"].with_input_size(64, 96)
RECOGNIZER = family("mobilefacenet").variants()["y1"]
NUMBERS = GenericContract.model_validate(
    {
        "family": "mine",
        "variant": "own",
        "task": "landmarks",
        "input": {"size": [24, 40], "color": "grey", "mean": 0, "scale": 1 / 255, "fit": "stretch"},
        "outputs": {"points": "out"},
    }
)


def image(height, width):
    return np.random.default_rng([height, width]).integers(0, 256, (height, width, 3), np.uint8)


def test_each_folder_with_a_task_is_one():
    assert list(tasks()) == ["detection", "generic", "recognition"]
    assert task("detection") is tasks()["detection"]


def test_an_unknown_task_is_refused_with_the_nearest():
    with pytest.raises(InputError, match="'recogniton'") as caught:
        task("recogniton")
    assert "did you mean recognition?" in str(caught.value.fix)


@pytest.mark.parametrize("name", tasks())
def test_values_found_by_a_task_s_name_exist_for_each_task(name):
    assert name in openers()
    assert gallery_of(task(name)).max_images > 0
    contracts = [contract for item in families().values() for contract in item.variants().values()]
    of_task = [contract for contract in [*contracts, NUMBERS] if task_of(contract).name == name]
    assert of_task
    assert all(isinstance(contract, task(name).contract) for contract in of_task)


def test_images_are_composed_for_each_sample_network():
    assert {family(name).task for name in SAMPLES} <= set(COMPOSERS)


@pytest.mark.parametrize("contract", [DETECTOR, RECOGNIZER, NUMBERS], ids=["detector", "recognizer", "numbers"])
def test_any_image_can_be_made_to_fit(contract):
    found = task_of(contract)
    view = found.prepare(found.fit(image(50, 70), contract), contract)
    assert view.tensor.shape == contract.input.shape
    assert view.tensor.dtype == np.float32


def test_a_detector_gets_the_whole_image_and_a_recognizer_its_face():
    shown = image(200, 300)
    face = Face((20.0, 20.0, 120.0, 140.0), 0.9, ((45, 60), (95, 60), (70, 90), (50, 115), (90, 115)))
    assert task_of(DETECTOR).subject(shown, DETECTOR, None, "a.png") is shown
    found = task_of(RECOGNIZER)
    cut = found.subject(shown, RECOGNIZER, lambda _: [face], "a.png")
    assert cut is not None
    assert cut.shape == (112, 112, 3)
    assert found.subject(shown, RECOGNIZER, lambda _: [], "a.png") is None
    aligned = image(112, 112)
    assert found.subject(aligned, RECOGNIZER, None, "a.png") is aligned
    with pytest.raises(InputError, match="not an aligned face") as caught:
        found.subject(shown, RECOGNIZER, None, "a.png")
    assert caught.value.where == "a.png"


def test_a_worse_image_has_a_higher_severity():
    found = task_of(DETECTOR)
    near, far = (Face((x, 10.0, x + 40, 50.0), 0.9, ((x, 20.0),) * 5) for x in (10.0, 14.0))
    other = Face((60.0, 10.0, 90.0, 40.0), 0.9, ((70.0, 20.0),) * 5)
    same, moved, missed = (found.agree([near], faces).severity for faces in ([near], [far], [other]))
    assert same < moved < missed
    found = task_of(RECOGNIZER)
    one = np.array([[1.0, 0.0]], np.float32)
    alike, apart = (found.agree(one, np.array([b], np.float32)).severity for b in ([1.0, 0.1], [0.0, 1.0]))
    assert alike < apart


def test_a_recognizer_s_cosines_are_judged_and_a_detector_s_faces_are_not():
    found = task_of(RECOGNIZER)
    agreed = found.agree(np.array([[1.0, 0.0]]), np.array([[1.0, 0.2]]))
    limits = Thresholds(mean_cosine=0.99, min_cosine=0.5, matched_percent=99)
    judged = {item.what: item for item in found.requirements(limits, agreed)}
    assert list(judged) == ["faces compared", "mean cosine to float32", "minimum cosine to float32"]
    assert [item.n for item in judged.values()] == [1, 1, 1]
    assert not any(item.met for item in judged.values())
    assert judged["mean cosine to float32"].missed
    assert judged["minimum cosine to float32"].unsure


SHOWN = Face((20.0, 20.0, 60.0, 60.0), 0.9, ((30, 35), (50, 35), (40, 45), (32, 52), (48, 52)))


@pytest.mark.parametrize("contract", [DETECTOR, RECOGNIZER, NUMBERS], ids=["detector", "recognizer", "numbers"])
@pytest.mark.parametrize("change", PERTURBATIONS.values(), ids=list(PERTURBATIONS))
def test_an_image_is_changed_as_the_network_sees_it(contract, change):
    found = task_of(contract)
    view = found.prepare(found.fit(image(50, 70), contract), contract)
    changed = found.perturbed(view, contract, change, 4)
    assert changed.image is view.image
    seen = found.prepare(found.fit(image(50, 70), contract), contract).tensor
    assert np.array_equal(view.tensor, seen)
    moved = np.abs(changed.tensor - view.tensor)
    assert 0 < moved.mean() < 100
    if contract is DETECTOR:  # 50×70 pixels take 64×90 of 64×96
        assert (changed.tensor[..., 90:] == 0).all()


def test_a_detector_s_faces_are_moved_back_with_a_shifted_image():
    found = task_of(DETECTOR)
    view = found.perturbed(
        found.prepare(image(128, 192), DETECTOR), DETECTOR, PERTURBATIONS["one pixel to the right"], 0
    )
    assert (view.scale, view.moved_px) == (0.5, 1)
    (back,) = moved_right([SHOWN], -view.moved_px / view.scale)
    assert back.box == (18.0, 20.0, 58.0, 60.0)
    assert back.landmarks[2] == (38.0, 45)
    assert back.score == SHOWN.score


def test_a_shift_is_no_difference_of_a_network_that_moves_with_it():
    """Outputs of the shifted image that say the same faces one pixel further right agree wholly."""
    found = task_of(DETECTOR)
    shifted = moved_right([SHOWN], 1.0)
    agreed = found.agree([SHOWN], moved_right(shifted, -1.0))
    assert (agreed.flips, agreed.landmark_errors_percent, agreed.drift) == (0, (0.0,), 0.0)


def faces(*scores):
    return [
        replace(SHOWN, box=(x, 0.0, x + 40, 40.0), score=score)
        for x, score in zip(range(0, 50 * len(scores), 50), scores, strict=True)
    ]


@pytest.mark.parametrize(
    ("reference", "candidate", "drift"),
    [
        (faces(0.9, 0.4), faces(0.9, 0.4), 0.0),
        (faces(0.9, 0.4), faces(0.8, 0.45), 0.075),
        (faces(0.9, 0.4), faces(0.9), 0.05),  # one that is no longer listed falls to 0.3
        (faces(0.9), faces(0.9, 0.4), 0.1),
        ([], [], 0.0),
    ],
)
def test_a_detector_s_drift_is_the_mean_score_change_of_all_it_lists(reference, candidate, drift):
    assert task_of(DETECTOR).agree(reference, candidate).drift == pytest.approx(drift)


def test_drifts_of_images_add_up():
    found = task_of(DETECTOR)
    one, two = found.agree(faces(0.9), faces(0.8)), found.agree(faces(0.9, 0.9), faces(0.9, 0.7))
    assert (one + two).drift == pytest.approx(0.1)


def test_a_recognizer_s_drift_is_what_cosines_lack_of_1():
    found = task_of(RECOGNIZER)
    a, b = np.array([[1.0, 0.0]]), np.array([[0.6, 0.8]])
    assert found.agree(a, 3 * a).drift == 0.0
    assert (found.agree(a, b) + found.agree(a, a)).drift == pytest.approx(0.2)


def test_limits_relative_to_noise_need_it_and_give_way_to_a_figure_s_own():
    found, limits = task_of(DETECTOR), Thresholds(noise_factor=1)
    agreed = FaceAgreement(matched=200, missed=1, score_changes=(0.001,) * 200, landmark_errors_percent=(0.5,) * 200)
    noise = {"JPEG 95": FaceAgreement(matched=190, missed=11, score_changes=(0.02,) * 190)}
    judged = {item.what: item for item in found.requirements(limits, agreed, noise)}
    names = ["flips at the threshold", "mean score change", "mean landmark error of face size"]
    assert list(judged) == ["faces that fp32 finds", *names]
    assert all(item.met for item in judged.values())
    assert [item.met for item in found.requirements(limits, agreed)] == [True, False, False, False]
    assert not any(item.missed for item in found.requirements(limits, agreed))
    own = limits.model_copy(update={"flips_percent": 0.1, "mean_score_change": 0.1})
    assert [item.limit for item in found.requirements(own, agreed, noise)][1:3] == ["≤ 0.1% (95 %: ≤ 2.1%)", "≤ 0.1"]
    half = limits.model_copy(update={"matched_percent": 99.0})
    assert names[0] in [item.what for item in found.requirements(half, agreed, noise)]


def test_a_recognizer_s_mean_cosine_is_judged_against_a_shift():
    found = task_of(RECOGNIZER)
    noise = {"one pixel to the right": EmbeddingAgreement((0.986,) * 200)}
    limits = Thresholds(noise_factor=0.5)
    for cosine, met, missed in ((0.995, True, False), (0.98, False, True)):
        _, loss = found.requirements(limits, EmbeddingAgreement((cosine,) * 200), noise)
        assert (loss.met, loss.missed, loss.limit) == (met, missed, "≤ 0.00700 (0.5 × one pixel to the right: 0.01400)")


@pytest.mark.parametrize(
    ("flips", "change", "said"),
    [
        (3, 0.004, "It changes fewer decisions than adding noise of one grey level (3 flips of 400 faces against 9"),
        (9, 0.004, "It changes no more decisions than adding noise of one grey level"),
        (10, 0.004, "It changes fewer decisions than saving the image once more at JPEG quality 95"),
        (3, 0.008, "It changes fewer decisions than saving the image once more at JPEG quality 95"),
        (3, 0.09, "It moves scores further than saving the image once more at JPEG quality 95"),
        (1, 0.001, "(1 flip of 400 faces against 9; "),
        (99, 0.09, "It changes more decisions than saving the image once more at JPEG quality 95"),
    ],
)
def test_a_detector_is_compared_with_the_mildest_change_that_changes_more(flips, change, said):
    def figures(flips, change):
        return {"reference_faces": 400, "missed": flips, "extra": 0, "mean_score_change": change}

    noise = {"JPEG 95": figures(30, 0.017), "one grey level of noise": figures(9, 0.006)}
    assert said in task_of(DETECTOR).noise_sentence(figures(flips, change), noise)
    assert task_of(DETECTOR).noise_sentence(figures(0, None), noise) is None


def test_noise_of_a_part_of_the_images_is_compared_by_its_share_of_faces():
    build = {"reference_faces": 400, "missed": 12, "extra": 0, "mean_score_change": 0.004}
    noise = {"JPEG 95": {"reference_faces": 80, "missed": 6, "extra": 1, "mean_score_change": 0.017}}
    said = task_of(DETECTOR).noise_sentence(build, noise)
    assert said is not None
    assert said.startswith("It changes fewer decisions than saving")
    assert "(12 flips of 400 faces against 7 of 80; " in said


AGREED = {
    DETECTOR: lambda found, scale: found.agree(faces(0.9, 0.8), faces(0.9 - scale, 0.8 - 2 * scale)),
    RECOGNIZER: lambda _, scale: EmbeddingAgreement((1 - scale, 1 - 2 * scale)),
}


@pytest.mark.parametrize("contract", AGREED, ids=lambda contract: contract.task)
def test_the_least_of_a_part_is_no_more_than_its_mean_and_all_of_it_once_nothing_is_left(contract):
    found = task_of(contract)
    parts = [AGREED[contract](found, scale) for scale in (0.01, 0.02, 0.03, 0.015) * 4]
    whole = functools.reduce(operator.add, parts)
    least, few = (type(whole).least(parts, cases) for cases in (whole.cases * 5, whole.cases))
    assert least.cases == whole.cases * 5
    assert figure(least) < figure(whole)
    assert figure(few) == pytest.approx(figure(whole))


def figure(agreed):
    return agreed.drift if isinstance(agreed, EmbeddingAgreement) else agreed.mean_score_change.value


def test_a_recognizer_is_compared_with_the_mildest_change_that_moves_more():
    noise = {"JPEG 95": {"mean_cosine": 0.9991}, "one pixel to the right": {"mean_cosine": 0.9868}}
    said = task_of(RECOGNIZER).noise_sentence({"faces": 250, "mean_cosine": 0.9973}, noise)
    assert said is not None
    assert said.startswith("It moves embeddings less than moving the image by one pixel (mean cosine 0.9973 against ")
    assert "more than moving" in task_of(RECOGNIZER).noise_sentence({"faces": 250, "mean_cosine": 0.98}, noise)


def test_the_table_of_noise_has_the_build_among_the_changes():
    found = task_of(DETECTOR)
    build, mild, strong = (found.agree(faces(0.9), faces(score)).as_dict() for score in (0.85, 0.89, 0.7))
    table = found.noise_table(build, {"JPEG 95": strong, "one grey level of noise": mild})
    assert [row[0] for row in table.rows] == ["one grey level of noise", "this artifact", "JPEG 95"]
    assert table.rows[1][1:] == ("1", "0", "0", "0", "0.0500", "0.00 %")


def test_only_measured_decisions_are_described():
    found = task_of(DETECTOR)
    face = Face((10.0, 10.0, 50.0, 50.0), 0.9, ((20.0, 20.0),) * 5)
    measured = found.agree([face], [face]).as_dict()
    precision = {"labels": "VOC", "images": 3, "reference": {"all": 0.5}, "candidate": {"all": 0.4}}
    captions = [table.caption for table in found.describe({**measured, "average_precision": precision})]
    assert captions == ["Faces, against fp32", "Average precision on 3 images with VOC"]
    assert found.describe({}) == ()
    assert found.glance({"average_precision": precision}) is None
    assert found.glance(measured).figure == "100.0 %"


def test_a_recognizer_s_main_figure_is_accuracy_where_pairs_were_given():
    found = task_of(RECOGNIZER)
    cosines = {"faces": 7, "mean_cosine": 0.99571, "min_cosine": 0.99}
    folds = {"mean": 0.9912, "intervals": {"pairs": [0.98, 0.995]}}
    verified = {"candidate": {"fold_accuracy": folds, "pairs": {"same": 300, "different": 300}}}
    assert found.glance(cosines).figure == "0.9957"
    assert found.glance({**cosines, "verification": verified}).figure == "99.12%"
    assert "98.0%–99.5% (95 %), on 300 pairs" in found.glance({**cosines, "verification": verified}).note
    assert found.glance({}) is None
    assert [table.caption for table in found.describe(cosines)] == ["Embeddings"]


def test_a_contract_of_another_task_is_refused_in_one_way():
    assert detection(DETECTOR) is DETECTOR
    with pytest.raises(
        ContractError, match="retinaface_mnet025 is not a face recognizer: its task is detection"
    ) as caught:
        recognition(DETECTOR, "out/x")
    assert caught.value.where == "out/x"
    with pytest.raises(ContractError, match="mobilefacenet is not a face detector: its task is recognition"):
        detection(RECOGNIZER)


def test_a_declared_color_names_no_variant_of_a_detector():
    assert DETECTOR.with_declared_color(DETECTOR.input.color) is DETECTOR
    other = DETECTOR.with_declared_color("rgb")
    assert (other.variant, other.input.color) == ("declared", "rgb")
    assert RECOGNIZER.with_declared_color("bgr").variant == RECOGNIZER.variant
