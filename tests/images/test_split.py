import shutil

import pytest

from edgeface.errors import InputError
from edgeface.images.files import list_images
from edgeface.images.split import Photographs, choose_photographs, read_photographs


def test_no_photograph_of_one_folder_both_calibrates_and_judges(pictures):
    chosen = choose_photographs(pictures, None, 40)
    assert [len(chosen.calibrate), len(chosen.judge)] == [3, 2]
    assert sorted(chosen.calibrate + chosen.judge) == list_images(pictures)


def test_no_more_calibrate_than_asked_and_they_are_spread_over_the_folder(pictures):
    chosen = choose_photographs(pictures, None, 2)
    assert [path.name for path in chosen.calibrate] == ["1.png", "3.png"]
    assert len(chosen.judge) == 3


def test_the_same_folder_twice_is_as_one_folder(pictures):
    assert choose_photographs(pictures, pictures, 2) == choose_photographs(pictures, None, 2)


def test_a_copy_of_a_calibrating_photograph_does_not_judge(pictures, tmp_path):
    judge = tmp_path / "judge"
    judge.mkdir()
    shutil.copy(pictures / "1.png", judge / "copy.png")
    with pytest.raises(InputError, match="every photograph to judge with also calibrates"):
        choose_photographs(pictures, judge, 40)
    other = (pictures / "2.png").rename(judge / "other.png")
    chosen = choose_photographs(pictures, judge, 40)
    assert chosen.judge == (other,)
    assert len(chosen.calibrate) == 4


def test_without_calibration_all_of_the_judging_folder_judges(pictures):
    assert choose_photographs(None, pictures, 40) == Photographs((), tuple(list_images(pictures)))
    assert choose_photographs(None, None, 40) == Photographs()


def test_one_photograph_is_too_few(pictures):
    for name in ("2.png", "3.png", "4.png", "5.png"):
        (pictures / name).unlink()
    with pytest.raises(InputError, match="cannot both calibrate and judge") as caught:
        choose_photographs(pictures, None, 40)
    assert "--judge" in str(caught.value.fix)


def test_all_unusable_files_are_named_at_once(pictures):
    (pictures / "2.png").write_bytes(b"")
    (pictures / "4.png").write_text("text")
    with pytest.raises(InputError) as caught:
        list(read_photographs(list_images(pictures), "reading"))
    assert "2 photographs" in caught.value.what
    assert "2.png" in str(caught.value.where)
    assert "4.png" in str(caught.value.where)
    assert "3.png" not in str(caught.value.where)


def test_files_of_the_other_use_are_named_too(pictures):
    files = list_images(pictures)
    files[0].write_bytes(b"")
    files[4].write_text("text")
    with pytest.raises(InputError) as caught:
        list(read_photographs(files[:2], "reading", others=files[2:]))
    assert "1.png" in str(caught.value.where)
    assert "5.png" in str(caught.value.where)


def test_one_unusable_file_keeps_its_own_message(pictures):
    (pictures / "2.png").write_bytes(b"")
    with pytest.raises(InputError, match="is empty"):
        list(read_photographs(list_images(pictures), "reading"))


def test_provenance_follows_contents_and_order(pictures):
    before = choose_photographs(pictures, None, 2).provenance()
    assert before["calibration"]["files"] == ["1.png", "3.png"]
    assert choose_photographs(pictures, None, 2).provenance() == before
    (pictures / "3.png").write_bytes((pictures / "2.png").read_bytes())
    after = choose_photographs(pictures, None, 2).provenance()
    assert after["calibration"]["sha256"] != before["calibration"]["sha256"]
    assert after["judged_on"] == before["judged_on"]
