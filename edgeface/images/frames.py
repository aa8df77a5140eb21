"""Frames of a video file or a camera, one after the other: never more than one is in memory.

OpenCV reads them, by FFmpeg. A file is looked at before: only containers of video are handed over, by an absolute path,
so that nothing in a name or in a playlist leads FFmpeg elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edgeface.core.native_log import native_lines_taken
from edgeface.errors import InputError, RuntimeFailure
from edgeface.images.files import MAX_PIXELS
from edgeface.images.given import check_image
from edgeface.images.video_kind import counts_frames, is_video
from edgeface.reading.given_path import StrPath, given_path
from edgeface.reading.kinds import VIDEO
from edgeface.reading.regular_file import open_file

CAMERA = "camera:"
MAX_CAMERA = 255
_HEAD_BYTES = 1024
_WHOLE = 0.9
"""The share of the frames that a file declares, below which it is not whole: edit lists may leave out a few."""
_SPEAK = ("[", "OpenCV", "VIDEOIO", "\n")


@dataclass(frozen=True, eq=False)
class Frame:
    """A frame of a video.

    Attributes:
        index: its number in the video, from 0; frames that were left out count.
        time_s: when it is shown, in seconds from the beginning; of a camera, since its first frame.
        image: uint8 [H,W,3] in BGR, turned upright as the file says.

    Example:
        >>> faces = detector.detect(frame.image)
    """

    index: int
    time_s: float
    image: NDArray[np.uint8]


def read_frames(source: StrPath, *, every: int = 1, start: int = 0, limit: int | None = None) -> Iterator[Frame]:
    """The frames of a video file or a camera, read one at a time.

    Args:
        source: an mp4, mov, avi, mkv, webm or mpg file; or "camera:0", the first camera.
        every: 2 gives every second frame, and so on.
        start: frames to leave out at the beginning.
        limit: frames to give at most.

    Raises:
        InputError: there is no such video or camera, it cannot be opened, or a number is not usable.
        RuntimeFailure: a camera stops giving frames.

    Example:
        >>> for frame in edgeface.read_frames("clip.mp4", every=5):
        ...     print(frame.time_s, len(detector.detect(frame.image)))
    """
    _check_numbers(every, start, limit)
    return open_video(source).frames(every, start, limit)


def camera_number(source: StrPath) -> int | None:
    """The number in "camera:0"; None for what names no camera.

    Raises:
        InputError: the number is none.
    """
    text = str(source)
    if not text.startswith(CAMERA):
        return None
    number = text.removeprefix(CAMERA)
    if not (number.isascii() and number.isdecimal() and int(number[:9]) <= MAX_CAMERA):
        raise InputError(f"{text!r} names no camera", fix="use camera:0 for the first one, camera:1, …")
    return int(number)


def open_video(source: StrPath) -> Video:
    """A video file or a camera, opened.

    Raises:
        InputError: there is none, or it cannot be opened.
    """
    number = camera_number(source)
    if number is not None:
        return Video(f"{CAMERA}{number}", _camera(number), of_camera=True)
    path = given_path(source, "the video's path")
    with open_file(path, VIDEO) as stream:
        head = stream.read(_HEAD_BYTES)
    if not is_video(head):
        raise InputError("not a video: it begins as no container of video does", where=str(path), fix=VIDEO.fix)
    return Video(str(path), _file(path), counted=counts_frames(head))


class Video:
    """A video that is open.

    Args:
        name: its path, or "camera:0".
        capture: what OpenCV opened.
        of_camera: whether frames come as long as one reads.
        counted: whether the file says how many frames it has, rather than how long it is.
    """

    def __init__(self, name: str, capture: cv2.VideoCapture, *, of_camera: bool = False, counted: bool = False) -> None:
        self.name = name
        self.of_camera = of_camera
        self._capture = capture
        rate = capture.get(cv2.CAP_PROP_FPS)
        self.fps = float(rate) if np.isfinite(rate) and 0 < rate <= 1000 else None
        count = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.frame_count = int(count) if not of_camera and np.isfinite(count) and 0 < count < 1e9 else None
        self._counted = counted
        self.read_count = 0

    def expected(self, every: int, start: int, limit: int | None) -> int | None:
        """How many frames `frames` will give, as far as the file says."""
        if self.frame_count is None:
            return limit
        given = max(0, -(-(self.frame_count - start) // every))
        return given if limit is None else min(given, limit)

    def frames(self, every: int = 1, start: int = 0, limit: int | None = None) -> Iterator[Frame]:
        """The frames; see `read_frames`. The video is closed at their end.

        Raises:
            InputError: a file gives fewer frames than it has.
            RuntimeFailure: a camera stops giving frames.
        """
        given, began = 0, time.monotonic()
        try:
            while limit is None or given < limit:
                if not self._capture.grab():
                    self._check_end()
                    return
                index = self.read_count
                self.read_count += 1
                if index < start or (index - start) % every:
                    continue
                told_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
                time_s = time.monotonic() - began if self.of_camera else told_s or index / (self.fps or 25)
                yield Frame(index, time_s, self._image(index))
                given += 1
        finally:
            self.close()

    def close(self) -> None:
        """Close the file or camera."""
        self._capture.release()

    def _image(self, index: int) -> NDArray[np.uint8]:
        decoded, image = self._capture.retrieve()
        if not decoded or image is None:
            raise InputError(f"frame {index} cannot be decoded", where=self.name, fix="copy or convert the file again")
        pixels: NDArray[np.uint8] = np.asarray(image)
        check_image(pixels, f"frame {index} of {self.name}")
        return pixels

    def _check_end(self) -> None:
        """Refuse an end that is none."""
        if self.of_camera:
            raise RuntimeFailure(
                f"the camera stopped giving frames after {self.read_count}", where=self.name, fix="check its cable"
            )
        if self._counted and self.frame_count is not None and self.read_count < _WHOLE * self.frame_count:
            raise InputError(
                f"the video is damaged: of its {self.frame_count} frames only {self.read_count} can be read",
                where=self.name,
                fix="copy or convert the file again",
            )


def _check_numbers(every: int, start: int, limit: int | None) -> None:
    for name, value, least in (("every", every, 1), ("start", start, 0), ("limit", limit, 1)):
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < least):
            raise InputError(f"{name} is {value!r}", fix=f"use a whole number, {least} or more")


def _file(path: Path) -> cv2.VideoCapture:
    with native_lines_taken(_SPEAK):
        capture = cv2.VideoCapture(str(path.absolute()), cv2.CAP_FFMPEG)
    if not capture.isOpened():
        raise InputError(
            "the video cannot be opened: it is damaged, cut short, or of a coding that OpenCV's FFmpeg does not know",
            where=str(path),
            fix="copy it again, or convert it to H.264 in mp4",
        )
    width, height = capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
    if width * height > MAX_PIXELS:
        capture.release()
        raise InputError(
            f"its frames have {height:.0f}×{width:.0f} pixels, over {MAX_PIXELS // 1_000_000} megapixels",
            where=str(path),
            fix="make the video smaller",
        )
    return capture


def _camera(number: int) -> cv2.VideoCapture:
    with native_lines_taken(_SPEAK):
        capture = cv2.VideoCapture(number)
    if not capture.isOpened():
        raise InputError(
            f"there is no camera {number}, or it cannot be opened",
            where=f"{CAMERA}{number}",
            fix="`ls /dev/video*` lists cameras; end other programs that use it, and see that you may read the device",
        )
    return capture
