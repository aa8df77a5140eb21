"""Write a video file, which is complete under its name or not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edgeface.core.native_log import native_lines_taken
from edgeface.core.temporary import temporary_folder
from edgeface.core.writing import check_replaceable, write_failures
from edgeface.errors import InputError, WriteError

CODECS = {".mp4": "mp4v", ".m4v": "mp4v", ".mov": "mp4v", ".mkv": "mp4v", ".avi": "MJPG"}
"""What OpenCV's wheels can encode everywhere, by the file's suffix; they carry no encoder for H.264."""

_SPEAK = ("[", "OpenCV", "VIDEOIO")


class VideoFile:
    """A video file that is being written.

    Args:
        path: where frames go.
        fps: frames a second.
    """

    def __init__(self, path: Path, fps: float) -> None:
        self._path, self._fps = path, fps
        self._size: tuple[int, int] | None = None
        self._writer: cv2.VideoWriter | None = None
        self.count = 0

    def add(self, image: NDArray[np.uint8]) -> None:
        """Add a frame, uint8 [H,W,3] in BGR; all have one size.

        Raises:
            InputError: it has another size than the first: OpenCV would leave it out without a word.
            WriteError: the encoder cannot be opened.
        """
        height, width = image.shape[:2]
        if self._writer is None:
            self._size, self._writer = (width, height), self._opened((width, height))
        if (width, height) != self._size:
            raise InputError(f"a frame has {height}×{width} pixels, the first has another size", where=str(self._path))
        self._writer.write(image)
        self.count += 1

    def close(self) -> None:
        """Stop writing, as after a failure; nothing more is in memory then."""
        if self._writer is not None:
            self._writer.release()

    def finish(self) -> None:
        """Complete the file, and count its frames: OpenCV does not say that a disk is full.

        Raises:
            WriteError: frames are missing.
        """
        if self._writer is None:
            return
        self.close()
        with native_lines_taken(_SPEAK):
            written = cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG)
            count = int(written.get(cv2.CAP_PROP_FRAME_COUNT))
            written.set(cv2.CAP_PROP_POS_FRAMES, self.count - 1)
            whole = abs(count - self.count) <= 1 and written.grab()
            written.release()
        if not whole:
            raise WriteError(
                f"cannot write the video: of its {self.count} frames not all are in the file",
                where=str(self._path),
                fix="free some space, or write to another disk",
            )

    def _opened(self, size: tuple[int, int]) -> cv2.VideoWriter:
        code = cv2.VideoWriter.fourcc(*CODECS[self._path.suffix.lower()])
        with native_lines_taken(_SPEAK):
            writer = cv2.VideoWriter(str(self._path), cv2.CAP_FFMPEG, code, self._fps, size)
        if not writer.isOpened():
            raise WriteError(
                "cannot write the video: OpenCV cannot encode it", where=str(self._path), fix="name a .mp4 or .avi file"
            )
        return writer


def check_video_path(path: Path) -> None:
    """Refuse a path that no video can be written to, before any work is done.

    Raises:
        InputError: the suffix is no video's, or there is no such folder.
    """
    if path.suffix.lower() not in CODECS:
        what = f"no video format that can be written ends in {path.suffix or 'nothing'!r}"
        raise InputError(what, where=str(path), fix=f"use one of {', '.join(CODECS)}")
    if not path.parent.is_dir():
        raise InputError("there is no such folder", where=str(path.parent), fix="choose another path")
    check_replaceable(path, "the video")


@contextmanager
def video_file(path: Path, fps: float) -> Iterator[VideoFile]:
    """A video to add frames to; at the end of the block it takes its name, if it has any frames.

    Args:
        path: ends in .mp4, .m4v, .mov, .mkv or .avi.
        fps: frames a second.

    Raises:
        InputError: the path is not usable.
        WriteError: the file cannot be written completely; what was there stays.
    """
    check_video_path(path)
    with ExitStack() as stack:
        with write_failures(path, "the video"):
            folder = stack.enter_context(temporary_folder(path.parent))
        partial = folder / f"video{path.suffix.lower()}"
        video = VideoFile(partial, fps)
        stack.callback(video.close)
        yield video
        video.finish()
        if video.count:
            with write_failures(path, "the video"):
                partial.replace(path)
