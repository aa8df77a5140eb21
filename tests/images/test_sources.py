from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edgeface.errors import InputError
from edgeface.images.sources import list_sources
from edgeface.images.video_file import video_file


@pytest.fixture
def tree(tmp_path):
    """Images at several depths, and a video."""
    for name in ("a.png", "b.PNG", "in/a.png", "in/deep/er/still/c.png", ".hidden/d.png"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.zeros((16, 16, 3), np.uint8))
    with video_file(tmp_path / "clip.mp4", 5.0) as video:
        video.add(np.zeros((48, 64, 3), np.uint8))
    (tmp_path / "renamed").write_bytes((tmp_path / "clip.mp4").read_bytes())
    return tmp_path


def names(sources):
    return [source.name for source in sources]


def test_a_folder_gives_its_images_and_all_below_it_if_wanted(tree):
    assert names(list_sources([tree / "photos"])) == ["a.png", "b.PNG"]
    found = list_sources([tree / "photos"], recursive=True)
    assert names(found) == ["a.png", "b.PNG", "in/a.png", "in/deep/er/still/c.png"]
    assert all(source.kind == "image" and source.listed for source in found)
    assert names(list_sources([tree / "photos"], recursive=True, without=tree / "photos" / "in")) == ["a.png", "b.PNG"]


def test_kinds_are_told_by_content_and_order_is_kept(tree):
    given = [tree / "clip.mp4", Path("camera:1"), tree / "photos" / "a.png", tree / "renamed", tree / "absent.avi"]
    found = list_sources(given)
    assert [source.kind for source in found] == ["video", "camera", "image", "video", "video"]
    assert names(found) == ["clip.mp4", "camera1", "a.png", "renamed", "absent.avi"]


def test_names_differ_and_each_source_comes_once(tree):
    first, second = tree / "photos" / "a.png", tree / "photos" / "in" / "a.png"
    assert names(list_sources([first, second, first])) == ["a.png", "in/a.png"]
    assert names(list_sources([tree / "photos", second, Path("camera:0")])) == ["a.png", "b.PNG", "in/a.png", "camera0"]


def test_a_folder_without_images_is_refused(tree):
    (tree / "empty").mkdir()
    for recursive in (False, True):
        with pytest.raises(InputError, match="holds no images"):
            list_sources([tree / "empty"], recursive=recursive)
