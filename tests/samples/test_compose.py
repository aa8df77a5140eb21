import numpy as np
import pytest

from edgeface.images.files import read_image
from edgeface.samples import IMAGES
from edgeface.samples.compose import compose_face, compose_scene, hang, pixels, place_face, write_images

COLLINS = IMAGES[0]


@pytest.mark.parametrize("compose", [compose_scene, compose_face])
def test_a_seed_determines_the_image(compose):
    first, again, other = compose(3), compose(3), compose(4)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.5


def test_scenes_and_faces_have_the_size_that_their_networks_take():
    assert compose_scene(0).shape == (480, 640, 3)
    assert compose_face(0).shape == (112, 112, 3)


@pytest.mark.parametrize("eyes_px", [20.0, -20.0])
def test_a_face_is_placed_at_the_requested_position(eyes_px):
    matrix = place_face(COLLINS, eyes_px, (200.0, 120.0), turn=0.2)
    points = np.array(COLLINS.landmarks) @ matrix[:, :2].T + matrix[:, 2]
    assert np.linalg.norm(points[1] - points[0]) == pytest.approx(20)
    np.testing.assert_allclose(points[2], (200, 120))
    assert (points[1, 0] > points[0, 0]) == (eyes_px > 0)


def test_an_image_hides_only_what_is_behind_it():
    scene = np.full((480, 640, 3), 77, np.uint8)
    hung = hang(scene, pixels(COLLINS), place_face(COLLINS, 10, (320, 240)))
    changed = (hung != 77).any(axis=2)
    assert 0.02 < changed.mean() < 0.1
    assert not changed[:100].any()
    assert (scene == 77).all()


def test_a_shrunk_image_is_averaged():
    chessboard = np.indices((512, 512)).sum(axis=0)[..., None].repeat(3, axis=2) % 2 * np.uint8(255)
    hung = hang(np.zeros((64, 64, 3), np.uint8), chessboard.astype(np.uint8), np.array([[0.125, 0, 0], [0, 0.125, 0]]))
    assert np.abs(hung[4:-4, 4:-4].astype(int) - 127).max() <= 2


def test_written_images_are_what_was_composed(tmp_path):
    write_images(tmp_path, "recognition", 2, first_seed=5)
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["composed_005.png", "composed_006.png"]
    np.testing.assert_array_equal(read_image(files[1]), compose_face(6))
