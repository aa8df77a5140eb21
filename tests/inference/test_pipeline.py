from __future__ import annotations

import cv2
import numpy as np
import pytest

from edgeface import ExportRequest, FacePipeline
from edgeface.contracts import ARCFACE_TEMPLATE
from edgeface.errors import ContractError, InputError
from edgeface.images.files import read_image
from edgeface.images.folder import list_images
from edgeface.tasks.recognition.similarity import similarity_transform

FP32 = "onnx-fp32"
BLACK = np.zeros((64, 64, 3), np.uint8)


@pytest.fixture
def pipeline(faces_artifact, recognizer_artifact):
    return FacePipeline.open(faces_artifact, recognizer_artifact)


def with_exif(path, image, orientation):
    """Write a JPEG whose EXIF says how it is to be turned."""
    written, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 100])
    assert written
    tiff = b"II*\0\x08\0\0\0\x01\0" + b"\x12\x01\x03\0\x01\0\0\0" + bytes([orientation, 0, 0, 0]) + b"\0\0\0\0"
    segment = b"\xff\xe1" + (len(tiff) + 8).to_bytes(2, "big") + b"Exif\0\0" + tiff
    path.write_bytes(data.tobytes()[:2] + segment + data.tobytes()[2:])
    return path


def test_every_face_is_embedded_by_falling_score(pipeline, portrait):
    image = portrait(1)
    first, second = pipeline.faces(image)
    assert (first.face.score, second.face.score) == pytest.approx((0.9, 0.8))
    for found in (first, second):
        wanted = pipeline.recognizer.embed_photo(image, found.face.landmarks)
        np.testing.assert_array_equal(found.embedding, wanted)
    assert first.embedding @ second.embedding < 0.9


def test_an_image_without_faces_has_none(pipeline):
    assert pipeline.faces(BLACK) == []


def test_the_main_face_is_the_large_one_near_the_center(pipeline, portrait):
    main = pipeline.main_face(portrait(1))
    assert main.face.box == pytest.approx((12, 20, 44, 52), abs=1e-3)
    np.testing.assert_array_equal(main.embedding, pipeline.faces(portrait(1))[0].embedding)


def test_images_of_the_same_person_match_and_others_do_not(pipeline, portrait):
    same = pipeline.compare(portrait(1), portrait(1, noise=20))
    assert same.same
    assert same.similarity > 0.95
    different = pipeline.compare(portrait(1), portrait(2), threshold=0.6)
    assert not different.same
    assert (different.threshold, different.threshold_source) == (0.6, "given")
    assert different.faces[0].box == pytest.approx((12, 20, 44, 52), abs=1e-3)


def test_faces_are_compared_in_images_of_any_size(pipeline, portrait):
    large = cv2.resize(portrait(1), (320, 320), interpolation=cv2.INTER_CUBIC)
    assert pipeline.compare(portrait(1), large).similarity > 0.9


@pytest.mark.parametrize(("orientation", "turn"), [(6, cv2.ROTATE_90_COUNTERCLOCKWISE), (3, cv2.ROTATE_180)])
def test_images_are_rotated_upright_by_their_exif(pipeline, portrait, tmp_path, orientation, turn):
    lying = cv2.rotate(portrait(1), turn)
    upright = read_image(with_exif(tmp_path / "upright.jpg", lying, orientation))
    ignored = read_image(with_exif(tmp_path / "ignored.jpg", lying, 1))
    assert pipeline.compare(portrait(1), upright).similarity > 0.97
    assert pipeline.compare(portrait(1), ignored).similarity < 0.9


def test_an_image_without_a_face_is_named_with_a_fix(pipeline, portrait):
    with pytest.raises(InputError, match="no face") as caught:
        pipeline.compare(portrait(1), BLACK, names=("a.jpg", "b.jpg"))
    assert caught.value.where == "b.jpg"
    assert "--face-threshold" in caught.value.fix


def test_the_face_threshold_decides_what_a_face_is(faces_artifact, recognizer_artifact, portrait):
    strict = FacePipeline.open(faces_artifact, recognizer_artifact, face_threshold=0.85)
    assert len(strict.faces(portrait(1))) == 1
    with pytest.raises(InputError, match=r"0\.95"):
        FacePipeline.open(faces_artifact, recognizer_artifact, face_threshold=0.95).main_face(portrait(1))


def test_swapped_artifacts_are_refused(faces_artifact, recognizer_artifact):
    with pytest.raises(ContractError, match="not a face detector"):
        FacePipeline.open(recognizer_artifact, faces_artifact)


@pytest.fixture(scope="module")
def real_pipeline(shared_data, shared_export):
    """Public checkpoints of both kinds, in float32."""
    weights = shared_data / "weights"
    detector = ExportRequest(
        "retinaface_mnet025",
        (FP32,),
        weights=weights / "retinaface_mnet025_official.pth",
        variant="official",
    )
    recognizer = ExportRequest("mobilefacenet", (FP32,), weights=weights / "mobilefacenet_relu6_128.pt")
    return FacePipeline.open(*(shared_export(request)[0].folder for request in (detector, recognizer)))


@pytest.mark.real_data
def test_real_people_are_distinguished_and_their_faces_match_the_template(real_pipeline, shared_data):
    people = [folder for folder in sorted((shared_data / "lfw" / "images").iterdir()) if len(list_images(folder)) > 1]
    chosen = [[read_image(path) for path in list_images(folder)[:2]] for folder in people[:60:5]]
    off = []
    for image, _ in chosen:
        face = real_pipeline.main_face(image).face
        matrix = similarity_transform(face.landmarks, ARCFACE_TEMPLATE)
        moved = np.array(face.landmarks) @ matrix[:, :2].T + matrix[:, 2]
        off.append(np.abs(moved - np.array(ARCFACE_TEMPLATE)).mean())
    assert np.median(off) < 3  # pixels of 112: one similarity cannot put all five exactly there
    same = [real_pipeline.compare(first, second).same for first, second in chosen]
    different = [
        real_pipeline.compare(one[0], other[0]).same for one, other in zip(chosen, chosen[1:] + chosen[:1], strict=True)
    ]
    assert sum(same) >= len(chosen) - 1
    assert sum(different) <= 1
