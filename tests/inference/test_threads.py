"""Threads that share what was loaded get what one thread gets."""

from __future__ import annotations

import numpy as np
import pytest
from in_threads import in_threads

import edgeface
from edgeface.inference.pipeline import FacePipeline

CALLS = 1000
DIFFERENT = 20


@pytest.fixture(scope="module")
def shown():
    """Images that differ, so that one's result can be told from another's."""
    return [np.random.default_rng(seed).integers(0, 256, (64, 96, 3), np.uint8) for seed in range(DIFFERENT)]


@pytest.mark.slow
@pytest.mark.parametrize("target", ["tflite-int8", "onnx-int8"])
def test_eight_threads_find_the_faces_that_one_finds(seeded_artifact, shown, target):
    detector = edgeface.load(seeded_artifact(target).folder)

    def detect(image):
        return detector.detect(image, threshold=0.5)

    alone = [detect(image) for image in shown]
    assert len({str(faces) for faces in alone}) == DIFFERENT, "results that are equal show nothing"
    found = in_threads(detect, [shown[call % DIFFERENT] for call in range(CALLS)])
    assert [call for call, faces in enumerate(found) if faces != alone[call % DIFFERENT]] == []


@pytest.mark.slow
def test_eight_threads_embed_as_one_does(seeded_artifact):
    recognizer = edgeface.load(seeded_artifact("tflite-int8", "mobilefacenet").folder)
    size = recognizer.contract.input
    faces = [np.random.default_rng(n).integers(0, 256, (size.height, size.width, 3), np.uint8) for n in range(8)]
    alone = [recognizer.embed(face).tobytes() for face in faces]
    assert len(set(alone)) == len(faces)
    found = in_threads(recognizer.embed, [faces[call % 8] for call in range(80)])
    assert [call for call, each in enumerate(found) if each.tobytes() != alone[call % 8]] == []


def test_eight_threads_share_a_pipeline(faces_artifact, recognizer_artifact, portrait):
    pipeline = FacePipeline.open(faces_artifact, recognizer_artifact)
    people = [portrait(person) for person in range(1, 9)]

    def embed(image):
        return [(each.face, each.embedding.tobytes()) for each in pipeline.faces(image)]

    alone = [embed(image) for image in people]
    found = in_threads(embed, [people[call % 8] for call in range(400)])
    assert [call for call, each in enumerate(found) if each != alone[call % 8]] == []
