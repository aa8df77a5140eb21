from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import edgeface
from edgeface.errors import InputError, WriteError
from edgeface.images.video_file import CODECS, check_video_path, video_file


def level(number, size=(48, 64)):
    return np.full((*size, 3), 10 * number, np.uint8)


@pytest.mark.parametrize("suffix", CODECS)
def test_what_is_written_is_read_again(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    with video_file(path, 5.0) as video:
        for number in range(6):
            video.add(level(number))
    frames = list(edgeface.read_frames(path))
    assert [round(frame.image.mean() / 10) for frame in frames] == list(range(6))
    assert frames[5].time_s == pytest.approx(1, abs=0.01)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_the_same_frames_give_the_same_bytes(tmp_path):
    for name in ("a.mp4", "b.mp4"):
        with video_file(tmp_path / name, 5.0) as video:
            for number in range(4):
                video.add(level(number))
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_after_a_failure_what_was_there_stays(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_text("before")

    def add(*frames):
        with video_file(path, 5.0) as video:
            for frame in frames:
                video.add(frame() if callable(frame) else frame)

    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(InputError, match="another size"):
        add(level(1), level(2, (64, 48)))
    with pytest.raises(KeyboardInterrupt):
        add(level(1), interrupt)
    with video_file(path, 5.0):
        pass  # no frames, no video
    assert path.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == ["a.mp4"]


@pytest.mark.parametrize("name", ["a", "a.gif", "a.webm", "absent/a.mp4", "folder.mp4"])
def test_paths_that_no_video_can_have_are_refused(tmp_path, name):
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(InputError):
        check_video_path(tmp_path / name)


def test_a_full_disk_is_an_error_though_opencv_says_nothing(tmp_path):
    code = f"""
import resource, numpy as np
from pathlib import Path
from edgeface.errors import WriteError
from edgeface.images.video_file import video_file
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
noise = np.random.default_rng(0)
try:
    with video_file(Path({str(tmp_path / "a.avi")!r}), 5.0) as video:
        for _ in range(40):
            video.add(noise.integers(0, 256, (48, 64, 3), np.uint8))
except WriteError as error:
    print(error.what)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "cannot write the video: of its 40 frames" in ran.stdout
    assert list(tmp_path.iterdir()) == []
    assert WriteError.exit_code == 2


def test_what_fails_beside_the_writing_stays_what_it_is(tmp_path):
    def print_into_a_closed_pipe():
        with video_file(tmp_path / "a.mp4", 5.0) as video:
            video.add(level(1))
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        print_into_a_closed_pipe()
    assert list(tmp_path.iterdir()) == []
