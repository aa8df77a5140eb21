"""Tasks are found by folder, and whatever is found by a task's name is there for each."""

from __future__ import annotations

import numpy as np
import pytest

from edgeface.contracts import detection, recognition
from edgeface.core.thresholds import Thresholds
from edgeface.errors import ContractError, InputError
from edgeface.inference.load import openers
from edgeface.models import families, family
from edgeface.report.galleries import gallery_of
from edgeface.samples import SAMPLES
from edgeface.samples.compose import COMPOSERS
from edgeface.tasks import task, task_of, tasks
from edgeface.tasks.detection.faces import Face

DETECTOR = family("retinaface_mnet025").variants()["official"].with_input_size(64, 96)
RECOGNIZER = family("mobilefacenet").variants()["y1"]


def image(height, width):
    return np.random.default_rng([height, width]).integers(0, 256, (height, width, 3), np.uint8)


def test_each_folder_with_a_task_is_one():
    assert list(tasks()) == ["detection", "recognition"]
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
    of_task = [contract for contract in contracts if task_of(contract).name == name]
    assert of_task
    assert all(isinstance(contract, task(name).contract) for contract in of_task)


def test_images_are_composed_for_each_sample_network():
    assert {family(name).task for name in SAMPLES} <= set(COMPOSERS)


@pytest.mark.parametrize("contract", [DETECTOR, RECOGNIZER], ids=["detector", "recognizer"])
def test_any_image_can_be_made_to_fit(contract):
    found = task_of(contract)
    view = found.prepare(found.fit(image(50, 70), contract), contract)
    assert view.tensor.shape == (1, 3, contract.input.height, contract.input.width)
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
