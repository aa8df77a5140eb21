"""Look at images, videos and cameras, one after the other, with progress; what `detect` and `embed` have in common."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from edgeface.cli.results import Results
from edgeface.core.progress import note, track

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgeface.images.frames import Frame, Video
    from edgeface.images.sources import Source

_FPS = 25.0

Inputs = Annotated[
    list[Path], typer.Argument(metavar="INPUT...", help="Images, folders of images, videos, or camera:0.")
]
Recursive = Annotated[
    bool, typer.Option("--recursive", "-r", help="Take the images of folders at every depth below them.")
]
Every = Annotated[int, typer.Option(help="Of videos: take every Nth frame.", min=1)]
Start = Annotated[int, typer.Option(help="Of videos: leave out the first N frames.", min=0)]
Frames = Annotated[int | None, typer.Option(help="Of each video or camera: take at most N frames.", min=1)]
JsonLines = Annotated[
    bool, typer.Option("--jsonl", help="A line of JSON on stdout for each image or frame, as it is done.")
]


@dataclass(frozen=True)
class Reading:
    """Which frames of videos are taken; see `edgeface.images.frames.read_frames`."""

    every: int = 1
    start: int = 0
    frames: int | None = None

    def fps(self, video: Video) -> float:
        """How many frames are taken of a second; of a video that does not say, as if it had 25."""
        return (video.fps or _FPS) / self.every


class Look(Protocol):
    """What a command does with what it sees."""

    def image(self, source: Source, pixels: NDArray[np.uint8]) -> None:
        """Look at an image, uint8 [H,W,3] in BGR."""

    def video(self, source: Source, frames: Iterator[Frame], fps: float) -> None:
        """Look at frames, of which so many are taken a second."""


def look_at(sources: Sequence[Source], look: Look, reading: Reading, results: Results, doing: str) -> None:
    """Look at every source in turn; those that cannot be used are reported and left out.

    Args:
        sources: images, videos and cameras.
        look: what is done with each.
        reading: which frames are taken.
        results: where failures are reported.
        doing: what is done, as in "detecting".
    """
    from edgeface.images.files import read_image

    with results.shown():
        for kind, group in groupby(sources, key=lambda source: source.kind):
            if kind == "image":
                for source in track(list(group), doing):
                    with results.failures(source):
                        look.image(source, read_image(source.path))
                continue
            for source in group:
                with results.failures(source):
                    _look_at_video(source, look, reading, f"{doing} in {source.path.name}")


def _look_at_video(source: Source, look: Look, reading: Reading, doing: str) -> None:
    from edgeface.images.frames import open_video

    video = open_video(source.path)
    given = (reading.every, reading.start, reading.frames)
    try:
        frames = track(video.frames(*given), doing, video.expected(*given))
        if not video.of_camera:
            look.video(source, frames, reading.fps(video))
            return
        note("Ctrl-C ends it")
        with _until_interrupted(frames) as until:
            look.video(source, until, reading.fps(video))
    finally:
        video.close()


@contextmanager
def _until_interrupted(frames: Iterator[Frame]) -> Iterator[Iterator[Frame]]:
    """The frames until Ctrl-C or SIGTERM, which end the frames rather than the command; a second one ends both."""
    asked: list[int] = []

    def ask(number: int, _: FrameType | None) -> None:
        asked.append(number)
        signal.signal(number, before[signal.Signals(number)])

    def until() -> Iterator[Frame]:
        for frame in frames:
            yield frame
            if asked:
                return

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, ask)
    try:
        yield until()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
