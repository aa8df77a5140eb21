from __future__ import annotations

import json

import numpy as np
import pytest

import edgeface
from edgeface.contracts import ARCFACE_TEMPLATE
from edgeface.core.artifact import CERTIFICATE, MANIFEST, Artifact, write_json
from edgeface.errors import ContractError, InputError
from edgeface.inference.recognizer import Recognizer
from edgeface.tasks.recognition.align import align_face
from edgeface.tasks.recognition.comparison import DEFAULT_THRESHOLD, Comparison, match_threshold


def face(seed=0):
    return np.random.default_rng(seed).integers(0, 256, (112, 112, 3), np.uint8)


def edit_contract(folder, **changes):
    manifest = Artifact.open(folder).manifest
    changed = manifest.model_copy(update={"contract": manifest.contract.model_copy(update=changes)})
    write_json(folder / MANIFEST, changed.model_dump(mode="json"))


def state_threshold(folder, stated):
    """Say in the manifest what was measured on the weights."""
    document = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    document["sources"]["weights"] = {"file": "weights.pth", "sha256": "0" * 64, "threshold": stated}
    write_json(folder / MANIFEST, document)


def test_load_opens_each_artifact_as_what_it_is(recognizer_artifact, detector_artifact):
    assert isinstance(edgeface.load(recognizer_artifact, threads=2), edgeface.Recognizer)
    assert isinstance(edgeface.load(recognizer_artifact / "model.onnx"), edgeface.Recognizer)
    assert isinstance(edgeface.load(detector_artifact), edgeface.Detector)


def test_one_face_gives_a_vector_and_several_give_rows(recognizer_artifact):
    recognizer = edgeface.load(recognizer_artifact)
    one, several = recognizer.embed(face()), recognizer.embed([face(), face(1)])
    assert (one.shape, several.shape, one.dtype) == ((16,), (2, 16), np.float32)
    np.testing.assert_array_equal(several[0], one)
    assert np.linalg.norm(one) == pytest.approx(1)
    np.testing.assert_array_equal(recognizer.embed(np.stack([face(), face(1)])), several)
    assert recognizer.embed([]).shape == (0, 16)


def test_a_face_and_its_mirror_image_have_equal_embeddings_with_flip(recognizer_artifact):
    assert edgeface.load(recognizer_artifact).compare(face(), face()[:, ::-1].copy()).similarity == pytest.approx(1)
    edit_contract(recognizer_artifact, flip=False)
    assert edgeface.load(recognizer_artifact).compare(face(), face()[:, ::-1].copy()).similarity < 0.99


def test_an_image_is_aligned_by_its_landmarks(recognizer_artifact):
    recognizer = edgeface.load(recognizer_artifact)
    image = np.random.default_rng(1).integers(0, 256, (300, 200, 3), np.uint8)
    landmarks = np.array(ARCFACE_TEMPLATE)[:, ::-1] * 1.5
    aligned = align_face(image, landmarks, recognizer.contract)
    np.testing.assert_array_equal(recognizer.embed_photo(image, landmarks), recognizer.embed(aligned))


def test_a_face_that_is_not_aligned_is_refused(recognizer_artifact):
    with pytest.raises(InputError, match="aligned"):
        edgeface.load(recognizer_artifact).embed(np.zeros((112, 96, 3), np.uint8))


def test_an_artifact_of_another_task_is_refused_by_name(recognizer_artifact, detector_artifact):
    for kind, folder, task in (
        (edgeface.Detector, recognizer_artifact, "recognition"),
        (Recognizer, detector_artifact, "detection"),
    ):
        with pytest.raises(ContractError, match=task) as caught:
            kind(Artifact.open(folder))
        assert caught.value.where == str(folder)
        assert "out/" in caught.value.fix


@pytest.mark.parametrize("change", [{"width": 8}, {"output": "features"}])
def test_a_model_whose_output_contradicts_its_contract_is_refused(recognizer_artifact, change):
    edit_contract(recognizer_artifact, **change)
    with pytest.raises(ContractError, match="outputs"):
        edgeface.load(recognizer_artifact)


def test_a_model_whose_input_contradicts_its_contract_is_refused(recognizer_artifact):
    spec = Artifact.open(recognizer_artifact).contract.input
    edit_contract(recognizer_artifact, input=spec.model_copy(update={"width": 96}))
    with pytest.raises(ContractError, match="inputs"):
        edgeface.load(recognizer_artifact)


def test_the_threshold_is_the_caller_s_then_the_certificate_s_then_the_default(recognizer_artifact, write_certificate):
    recognizer = edgeface.load(recognizer_artifact)
    found = recognizer.compare(face(), face(1))
    assert (found.threshold, found.threshold_source) == (DEFAULT_THRESHOLD, "default")
    for decisions in (None, {}, {"threshold": None}):
        write_certificate(recognizer_artifact, decisions)
        assert recognizer.compare(face(), face(1)).threshold_source == "default"
    write_certificate(recognizer_artifact, {"threshold": 0.21})
    found = recognizer.compare(face(), face(1))
    assert (found.threshold, found.threshold_source) == (0.21, "certificate")
    found = recognizer.compare(face(), face(1), threshold=1)
    assert (found.threshold, found.threshold_source, found.same) == (1, "given", False)


def test_weights_with_a_measured_threshold_decide_where_the_certificate_measured_none(
    recognizer_artifact, write_certificate
):
    state_threshold(recognizer_artifact, {"cosine": 0.42, "basis": "FAR 0.001"})
    recognizer = edgeface.load(recognizer_artifact)
    found = recognizer.compare(face(), face(1))
    assert (found.threshold, found.threshold_source) == (0.42, "weights")
    write_certificate(recognizer_artifact, {"threshold": 0.21})
    assert recognizer.compare(face(), face(1)).threshold_source == "certificate"


@pytest.mark.parametrize("stated", [{"cosine": 1.5}, {"cosine": "much"}, {}, 0.4])
def test_weights_that_state_no_cosine_are_refused(recognizer_artifact, stated):
    state_threshold(recognizer_artifact, stated)
    with pytest.raises(InputError, match="threshold"):
        Artifact.open(recognizer_artifact)


@pytest.mark.parametrize("threshold", [1.2, -1.2, float("nan"), "0.3", True])
def test_a_threshold_that_is_not_a_cosine_is_refused(recognizer_artifact, write_certificate, threshold):
    artifact = Artifact.open(recognizer_artifact)
    with pytest.raises(InputError, match="cosine"):
        match_threshold(artifact, threshold)
    write_certificate(recognizer_artifact, {"threshold": 7})
    with pytest.raises(InputError, match="cosine") as caught:
        match_threshold(artifact)
    assert CERTIFICATE in caught.value.where


def test_a_similarity_at_the_threshold_is_the_same_person():
    assert Comparison(0.3, 0.3, "given").same
    assert not Comparison(0.2999, 0.3, "given").same


def test_rgb_is_turned_and_a_batch_gives_what_one_by_one_does(recognizer_artifact):
    recognizer = edgeface.load_recognizer(recognizer_artifact)
    faces = [face(), face(1), face(2)]
    alone = np.stack([recognizer.embed(each) for each in faces])
    np.testing.assert_array_equal(recognizer.embed_batch(faces), alone)
    np.testing.assert_array_equal(recognizer.embed_batch(np.stack(faces)), alone)
    np.testing.assert_array_equal(recognizer.embed_batch([each[:, :, ::-1] for each in faces], color="rgb"), alone)
    np.testing.assert_array_equal(recognizer.embed(face()[:, :, ::-1], color="rgb"), alone[0])
    image, landmarks = np.pad(face(), ((9, 9), (9, 9), (0, 0))), np.array(ARCFACE_TEMPLATE)[:, ::-1] + 9
    np.testing.assert_array_equal(
        recognizer.embed_photo(image[:, :, ::-1], landmarks, color="rgb"), recognizer.embed_photo(image, landmarks)
    )
    with pytest.raises(InputError, match="face 2 of the batch"):
        recognizer.embed_batch([face(), None])
    with pytest.raises(InputError, match="could not read the face"):
        recognizer.embed(None)
