"""Images are found in a folder, or in a folder for each person."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from edgeface.errors import InputError
from edgeface.images.folder import image_name, list_images
from edgeface.images.split import choose_images, distinct_images
from edgeface.images.synthetic import synthetic_images


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def names(folder: Path) -> list[str]:
    return [image_name(path, folder) for path in list_images(folder)]


def test_images_are_listed_sorted_and_by_extension(tmp_path):
    touch(tmp_path, "b.PNG", "a.jpg", "c.webp", "d.ppm", "notes.txt", "folder.jpg/x.txt")
    assert names(tmp_path) == ["a.jpg", "b.PNG", "c.webp", "d.ppm"]


def test_folders_without_images_are_refused(tmp_path):
    touch(tmp_path, "notes.txt", "a/notes.txt", "a/b/c/deep.jpg", ".hidden/a.jpg")
    with pytest.raises(InputError, match="no images"):
        list_images(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        list_images(tmp_path / "absent")
    with pytest.raises(InputError, match="not a folder"):
        list_images(tmp_path / "notes.txt")


def test_a_folder_for_each_person_is_searched(tmp_path):
    touch(tmp_path, "Bob/Bob_0001.jpg", "Ann/Ann_0002.jpg", "Ann/Ann_0001.jpg", "2024/Cy/1.png", "readme.txt")
    assert names(tmp_path) == ["2024/Cy/1.png", "Ann/Ann_0001.jpg", "Ann/Ann_0002.jpg", "Bob/Bob_0001.jpg"]


def test_images_in_the_folder_itself_are_all(tmp_path):
    touch(tmp_path, "a.jpg", "other/b.jpg")
    assert names(tmp_path) == ["a.jpg"]


def test_links_neither_repeat_nor_lead_in_circles(tmp_path):
    touch(tmp_path, "Ann/1.jpg")
    (tmp_path / "Ann" / "all").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "Zoe").symlink_to(tmp_path / "Ann", target_is_directory=True)
    (tmp_path / "gone").symlink_to(tmp_path / "absent")
    assert names(tmp_path) == ["Ann/1.jpg"]


def test_images_of_persons_have_names_with_their_folder(tmp_path):
    for index, image in enumerate(synthetic_images(5)):
        path = tmp_path / f"P{index}" / "1.png"
        path.parent.mkdir()
        cv2.imwrite(str(path), image)
    chosen = choose_images(tmp_path, None, 3)
    recorded = chosen.provenance()
    listed = [*recorded["calibration"]["files"], *recorded["judged_on"]["files"]]
    assert sorted(listed) == [f"P{index}/1.png" for index in range(5)]
    assert chosen.judge_names == recorded["judged_on"]["files"]
    assert len(distinct_images(tmp_path)) == 5


def test_a_name_is_below_its_folder_or_the_file_s_own(tmp_path):
    assert image_name(tmp_path / "a" / "b.jpg", tmp_path) == "a/b.jpg"
    assert image_name(tmp_path / "a" / "b.jpg", tmp_path / "c") == image_name(tmp_path / "b.jpg", None) == "b.jpg"
