"""Frames of videos, written here by OpenCV in the containers and codings that it can encode."""

from __future__ import annotations

import tracemalloc

import cv2
import numpy as np
import pytest

import edgeface
from edgeface.errors import InputError, RuntimeFailure
from edgeface.images.frames import Video, camera_number, open_video
from edgeface.images.video_kind import counts_frames, is_video

COUNT, FPS = 20, 10.0


def write(path, code="mp4v", count=COUNT, size=(64, 48)):
    """A video whose frame n is gray of the level 10 n."""
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*code), FPS, size)
    for index in range(count):
        writer.write(np.full((size[1], size[0], 3), 10 * index % 256, np.uint8))
    writer.release()
    return path


CONTAINERS = {"a.mp4": "mp4v", "a.mov": "mp4v", "a.avi": "MJPG", "a.mkv": "mp4v", "a.webm": "VP80", "a.mpg": "PIM1"}


@pytest.mark.parametrize("name", CONTAINERS)
def test_frames_of_every_container_come_in_order_with_their_times(tmp_path, name, capfd):
    fps = 25.0 if name == "a.mpg" else FPS
    path = tmp_path / name
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*CONTAINERS[name]), fps, (64, 48))
    for index in range(COUNT):
        writer.write(np.full((48, 64, 3), 10 * index, np.uint8))
    writer.release()
    assert is_video(path.read_bytes()[:1024])
    frames = list(edgeface.read_frames(path))
    assert [frame.index for frame in frames] == list(range(COUNT))
    assert np.diff([frame.time_s for frame in frames]) == pytest.approx(1 / fps, abs=2e-3)
    for frame in frames:
        assert (frame.image.shape, frame.image.dtype) == ((48, 64, 3), np.uint8)
        assert frame.image.mean() == pytest.approx(10 * frame.index, abs=4)


@pytest.mark.parametrize(
    ("given", "indices"),
    [
        ({"every": 7}, [0, 7, 14]),
        ({"start": 5, "every": 6}, [5, 11, 17]),
        ({"limit": 3}, [0, 1, 2]),
        ({"every": 2, "start": 3, "limit": 2}, [3, 5]),
        ({"start": COUNT}, []),
    ],
)
def test_every_nth_frame_from_a_start_to_a_limit(tmp_path, given, indices):
    path = write(tmp_path / "a.mp4")
    frames = list(edgeface.read_frames(str(path), **given))
    assert [frame.index for frame in frames] == indices
    assert [round(frame.image.mean() / 10) for frame in frames] == indices
    whole = {"every": 1, "start": 0, "limit": None, **given}
    assert open_video(path).expected(*whole.values()) == len(indices)


@pytest.mark.parametrize("given", [{"every": 0}, {"every": 1.5}, {"start": -1}, {"limit": 0}, {"limit": "5"}])
def test_numbers_that_are_none_are_refused_when_called(tmp_path, given):
    with pytest.raises(InputError, match=next(iter(given))):
        edgeface.read_frames(write(tmp_path / "a.mp4"), **given)


def test_what_is_no_video_is_refused_when_called(tmp_path):
    text, empty, image = tmp_path / "a.mp4", tmp_path / "b.mp4", tmp_path / "c.mp4"
    text.write_text("#EXTM3U\na.mp4\n")
    empty.touch()
    image.write_bytes(cv2.imencode(".png", np.zeros((9, 9, 3), np.uint8))[1].tobytes())
    for path in (text, empty, image):
        with pytest.raises(InputError, match="not a video"):
            edgeface.read_frames(path)
    for path in (tmp_path, tmp_path / "absent.mp4"):
        with pytest.raises(InputError, match="cannot read the video"):
            edgeface.read_frames(path)


def test_a_video_that_is_cut_short_is_refused_not_taken_for_a_short_one(tmp_path, capfd):
    whole = write(tmp_path / "a.avi", "MJPG", size=(640, 480))
    (tmp_path / "b.avi").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(InputError, match=r"of its 20 frames only \d+ can be read"):
        list(edgeface.read_frames(tmp_path / "b.avi"))
    assert len(list(edgeface.read_frames(tmp_path / "b.avi", limit=3))) == 3
    whole = write(tmp_path / "a.mp4")
    (tmp_path / "b.mp4").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    capfd.readouterr()
    with pytest.raises(InputError, match="cannot be opened"):
        edgeface.read_frames(tmp_path / "b.mp4")
    assert capfd.readouterr().err == ""  # what FFmpeg says is in no one's way


def test_frames_are_never_held(tmp_path):
    path = write(tmp_path / "a.avi", "MJPG", count=60, size=(320, 240))
    one = 320 * 240 * 3
    tracemalloc.start()
    for frame in edgeface.read_frames(path):
        assert frame.image.nbytes == one
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * one


def test_a_camera_that_is_not_there_is_named_with_what_helps(capfd):
    with pytest.raises(InputError, match="there is no camera 97") as caught:
        edgeface.read_frames("camera:97")
    assert "/dev/video" in caught.value.fix
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("source", "number"), [("camera:0", 0), ("camera:12", 12), ("camera", None), ("a/camera:0", None)]
)
def test_cameras_have_numbers(source, number):
    assert camera_number(source) == number


@pytest.mark.parametrize("source", ["camera:", "camera:-1", "camera:x", "camera:999", "camera:1234567890123"])
def test_a_camera_without_a_number_is_refused(source):
    with pytest.raises(InputError, match="names no camera"):
        camera_number(source)


def test_what_comes_from_a_camera_has_no_end_of_its_own(tmp_path):
    """No test machine has a camera: a file stands in for it, so opening one is all that is not covered."""
    path = write(tmp_path / "a.avi", "MJPG")
    camera = Video("camera:0", cv2.VideoCapture(str(path)), of_camera=True)
    assert camera.expected(1, 0, None) is None
    frames = list(camera.frames(limit=3))
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert 0 <= frames[0].time_s <= frames[2].time_s < 10
    with pytest.raises(RuntimeFailure, match="stopped giving frames after 20"):
        list(Video("camera:0", cv2.VideoCapture(str(path)), of_camera=True).frames())


def test_containers_are_told_by_their_first_bytes():
    assert counts_frames(b"\0\0\0\x20ftypisom")
    assert counts_frames(b"RIFF\0\0\0\0AVI LIST")
    assert not is_video(b"RIFF\0\0\0\0WEBPVP8 ")
    assert is_video(b"\x47" + bytes(187) + b"\x47" + bytes(187) + b"\x47" + bytes(187))
    assert not is_video(b"GIF89a" + bytes(600))
    assert not is_video(b"")
