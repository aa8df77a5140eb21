"""`edgeface detect` on folders, several files, videos and cameras."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading

import cv2
import numpy as np
import pytest

import edgeface
from edgeface.cli.looking import Reading, look_at
from edgeface.cli.results import Results
from edgeface.images import frames as frames_of
from edgeface.images.frames import Video
from edgeface.images.sources import Source
from edgeface.images.video_file import video_file


@pytest.fixture
def photos(tmp_path):
    """Three images, of which one is damaged, one in a folder below."""
    folder = tmp_path / "photos"
    (folder / "in").mkdir(parents=True)
    for name in ("a.png", "c.ppm", "in/d.png"):
        cv2.imwrite(str(folder / name), np.full((64, 64, 3), 90, np.uint8))
    (folder / "b.jpg").write_text("not an image")
    return folder


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip.mp4"
    with video_file(path, 10.0) as video:
        for level in range(10):
            video.add(np.full((64, 64, 3), 10 * level, np.uint8))
    return path


@pytest.fixture
def detect(edgeface_cli, detector_artifact):
    return lambda *given: edgeface_cli("detect", *given, "--artifact", detector_artifact)


def lines_of(ended):
    return [json.loads(line) for line in ended.out.splitlines()]


def test_a_folder_is_gone_through_to_the_end_and_what_is_damaged_is_named(detect, photos):
    ended = detect(photos)
    assert ended.code == 2
    assert ended.out.splitlines() == [
        f"{photos}/a.png: 1 face(s)",
        f"{photos}/c.ppm: 1 face(s)",
        "",
        "2 face(s) in 2 image(s) or frame(s)",
    ]
    assert f"left out: {photos}/b.jpg: not an image" in ended.err
    assert "error: one input could not be used" in ended.err
    (photos / "b.jpg").unlink()
    assert detect(photos, "--recursive").code == 0
    assert "3 face(s) in 3 image(s)" in detect(photos, "-r").out


def test_a_document_and_lines_hold_the_same(detect, photos):
    document, lines = detect(photos, "--json"), lines_of(detect(photos, "--jsonl"))
    found = document.document
    assert found["faces"] == 2
    assert [line for line in lines if "faces" in line] == found["results"]
    assert [line for line in lines if "error" in line] == found["failed"]
    assert found["failed"][0]["image"] == str(photos / "b.jpg")
    first = found["results"][0]
    assert (first["image"], first["height"], first["width"], first["drawn"]) == (str(photos / "a.png"), 64, 64, None)
    alone = detect(photos / "a.png", "--json").document
    assert alone["faces"] == first["faces"]
    assert lines_of(detect(photos / "a.png", "--jsonl")) == [alone]
    assert detect(photos, "--json", "--jsonl").code == 2


def test_drawings_mirror_the_folder_and_a_second_run_goes_on(detect, photos, tmp_path):
    out = photos / "drawn"
    ended = detect(photos, "--recursive", "--out", out)
    assert ended.code == 2
    drawn = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.*"))
    assert drawn == ["a.png", "c.ppm.png", "in/d.png"]
    assert not np.array_equal(cv2.imread(str(out / "a.png")), cv2.imread(str(photos / "a.png")))
    before = (out / "a.png").stat().st_mtime_ns
    (out / "in" / "d.png").unlink()
    ended = detect(photos, "--recursive", "--out", out, "--resume")
    assert "1 face(s) in 1 image(s) or frame(s); 2 drawn before" in ended.out
    assert (out / "in" / "d.png").is_file()
    assert (out / "a.png").stat().st_mtime_ns == before


def test_several_files_are_drawn_into_a_folder_under_names_of_their_own(detect, photos, clip, tmp_path):
    out = tmp_path / "drawn"
    cv2.imwrite(str(photos / "c.ppm.png"), np.full((64, 64, 3), 90, np.uint8))
    given = [photos / "a.png", photos / "c.ppm", photos / "c.ppm.png", clip]
    assert detect(*given, "--out", out).code == 0
    assert sorted(path.name for path in out.iterdir()) == ["a.png", "c.ppm.png", "c.ppm.png.png", "clip.mp4"]


@pytest.mark.parametrize("out", ["photos", "photos/a.png"])
def test_what_is_drawn_on_is_never_replaced(detect, photos, tmp_path, out):
    before = (photos / "a.png").read_bytes()
    ended = detect(photos, "--out", tmp_path / out)
    assert ended.code == 2
    assert "--out" in ended.err
    assert (photos / "a.png").read_bytes() == before


def test_a_video_gives_a_line_for_each_frame_and_a_drawn_video(detect, clip, tmp_path):
    drawn = tmp_path / "drawn.avi"
    ended = detect(clip, "--out", drawn, "--jsonl", "--every", "3", "--start", "1")
    assert ended.code == 0
    records = lines_of(ended)
    assert [record["frame"] for record in records] == [1, 4, 7]
    assert [record["time_s"] for record in records] == pytest.approx([0.1, 0.4, 0.7], abs=1e-3)
    assert {record["video"] for record in records} == {str(clip)}
    assert [len(record["faces"]) for record in records] == [1, 1, 1]
    frames = list(edgeface.read_frames(drawn))
    assert len(frames) == 3
    assert frames[1].time_s == pytest.approx(0.3, abs=1e-3)  # so it takes as long as what it shows
    assert f"{clip}: 2 frame(s), 2 with faces, at most 1 in one" in detect(clip, "--frames", "2").out


def test_a_video_that_cannot_be_read_does_not_end_the_run(detect, clip, photos, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(clip.read_bytes()[:200])
    document = detect(broken, clip, photos / "a.png", "--json").document
    assert [failed["video"] for failed in document["failed"]] == [str(broken)]
    assert len(document["results"]) == 11


def test_a_missing_camera_is_an_error_that_says_what_helps(detect):
    ended = detect("camera:97")
    assert ended.code == 2
    assert "there is no camera 97" in ended.err
    assert "names no camera" in detect("camera:x").err


def test_an_out_or_resume_that_cannot_be_is_refused(detect, photos, clip, tmp_path):
    assert "--resume" in detect(photos, "--resume").err
    assert "--resume" in detect(photos / "a.png", "--resume", "--out", tmp_path / "a.png").err
    (tmp_path / "file").touch()
    assert "is a file" in detect(photos, "--out", tmp_path / "file").err
    assert "absent" in detect(clip, "--out", tmp_path / "absent" / "a.mp4").err


def test_lines_reach_the_pipe_while_a_bar_is_on_the_terminal(photos, detector_artifact):
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "edgeface", "detect", photos, "--artifact", detector_artifact, "--jsonl"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=follower, text=True) as ran:
        os.close(follower)
        shown = []
        reader = threading.Thread(target=lambda: shown.extend(read_all(leader)))
        reader.start()
        out, _ = ran.communicate(timeout=120)
        reader.join()
    os.close(leader)
    assert [set(json.loads(line)) & {"faces", "error"} for line in out.splitlines()] == [
        {"faces"},
        {"error"},
        {"faces"},
    ]
    assert b"left out" in b"".join(shown)
    assert b'"faces"' not in b"".join(shown)


def read_all(descriptor):
    try:
        while data := os.read(descriptor, 4096):
            yield data
    except OSError:  # the last one that had the terminal open is gone
        return


class Interrupted:
    """Counts frames, and is interrupted at the third."""

    def __init__(self, number):
        self.number, self.seen = number, []

    def image(self, source, pixels):
        raise AssertionError

    def video(self, source, frames, fps):
        for frame in frames:
            self.seen.append(frame.index)
            if frame.index == 2:
                signal.raise_signal(self.number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_a_camera_s_frames_and_not_the_command(monkeypatch, clip, number):
    """A file stands in for a camera, which no test machine has."""
    monkeypatch.setattr(
        frames_of, "open_video", lambda path: Video(str(path), cv2.VideoCapture(str(clip)), of_camera=True)
    )
    handlers = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    look, results = Interrupted(number), Results("text")
    look_at([Source("camera", clip, "camera0")], look, Reading(), results, "detecting")
    assert look.seen == [0, 1, 2]
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == handlers
