import shutil

import cv2
import pytest

from edgeface.errors import InputError
from edgeface.images.folder import list_images
from edgeface.images.split import Images, choose_images, read_images


def test_calibration_and_evaluation_share_no_image_of_a_folder(images):
    chosen = choose_images(images, None, 40)
    assert [len(chosen.calibrate), len(chosen.judge)] == [3, 2]
    assert sorted(chosen.calibrate + chosen.judge) == list_images(images)


def test_at_most_count_images_calibrate_spread_over_the_folder(images):
    chosen = choose_images(images, None, 2)
    assert [path.name for path in chosen.calibrate] == ["1.png", "3.png"]
    assert len(chosen.judge) == 3


def test_the_same_folder_twice_is_as_one_folder(images):
    assert choose_images(images, images, 2) == choose_images(images, None, 2)


def test_a_copy_of_a_calibration_image_is_not_evaluated(images, tmp_path):
    judge = tmp_path / "judge"
    judge.mkdir()
    shutil.copy(images / "1.png", judge / "copy.png")
    with pytest.raises(InputError, match="every evaluation image is also a calibration image"):
        choose_images(images, judge, 40)
    other = (images / "2.png").rename(judge / "other.png")
    chosen = choose_images(images, judge, 40)
    assert chosen.judge == (other,)
    assert len(chosen.calibrate) == 4


def test_without_calibration_the_whole_folder_is_evaluated(images):
    assert choose_images(None, images, 40) == Images((), tuple(list_images(images)))
    assert choose_images(None, None, 40) == Images()


def test_copies_are_neither_split_nor_counted(images):
    for number in range(6, 30):
        shutil.copy(images / "1.png", images / f"{number}.png")
    assert choose_images(images, None, 40) == choose_images(images, images, 40)
    chosen = choose_images(images, None, 40)
    assert {file.name for file in chosen.calibrate + chosen.judge} == {f"{number}.png" for number in range(1, 6)}
    for number in range(2, 6):
        (images / f"{number}.png").unlink()
    with pytest.raises(InputError, match="one image cannot be used for both"):
        choose_images(images, None, 40)


def test_one_image_is_too_few(images):
    for name in ("2.png", "3.png", "4.png", "5.png"):
        (images / name).unlink()
    with pytest.raises(InputError, match="cannot be used for both calibration and evaluation") as caught:
        choose_images(images, None, 40)
    assert "--judge" in str(caught.value.fix)


def test_all_unusable_files_are_named_at_once(images):
    (images / "2.png").write_bytes(b"")
    (images / "4.png").write_text("text")
    with pytest.raises(InputError) as caught:
        list(read_images(list_images(images), "reading"))
    assert "2 images" in caught.value.what
    assert "2.png" in str(caught.value.where)
    assert "4.png" in str(caught.value.where)
    assert "3.png" not in str(caught.value.where)


def test_files_of_the_other_use_are_named_too(images):
    files = list_images(images)
    files[0].write_bytes(b"")
    files[4].write_text("text")
    with pytest.raises(InputError) as caught:
        list(read_images(files[:2], "reading", others=files[2:]))
    assert "1.png" in str(caught.value.where)
    assert "5.png" in str(caught.value.where)


def test_one_unusable_file_keeps_its_own_message(images):
    (images / "2.png").write_bytes(b"")
    with pytest.raises(InputError, match="is empty"):
        list(read_images(list_images(images), "reading"))


def test_provenance_follows_contents_and_order(images):
    before = choose_images(images, None, 2).provenance()
    assert before["calibration"]["files"] == ["1.png", "3.png"]
    assert choose_images(images, None, 2).provenance() == before
    cv2.imwrite(str(images / "3.png"), cv2.imread(str(images / "3.png"))[::-1])
    after = choose_images(images, None, 2).provenance()
    assert after["calibration"]["sha256"] != before["calibration"]["sha256"]
    assert after["judged_on"] == before["judged_on"]
