"""The content of a report as plain values, which the templates arrange."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edgeface.core.description import Figure, Mark, Table, Tile, Verdict
from edgeface.report.chart import Chart

Kind = Literal["same", "missed", "extra", "moved"]


@dataclass(frozen=True)
class Box:
    """A face on an image; position and size in percent of the image. `label` may be empty."""

    kind: Kind
    left: float
    top: float
    width: float
    height: float
    label: str = ""


@dataclass(frozen=True)
class Image:
    """An image as a data URI with its size in pixels, and the marked faces."""

    title: str
    uri: str
    width: int
    height: int
    alt: str
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True)
class Outline:
    """A face on a close-up: its box x, y, width, height and its landmarks, in percent of the close-up's side."""

    box: tuple[float, float, float, float]
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class CloseUp:
    """One enlarged face with both detectors' outlines, None where one is missing; `words` describes the difference."""

    image: Image
    kind: Kind
    reference: Outline | None
    candidate: Outline | None
    words: str


@dataclass(frozen=True)
class Scene:
    """One image with both detectors' faces; `closeups` enlarge the largest differences, `summary` counts them."""

    title: str
    why: str
    images: tuple[Image, ...]
    closeups: tuple[CloseUp, ...]
    summary: str


@dataclass(frozen=True)
class FaceCard:
    """An aligned face, and the cosine of the artifact's embedding and the reference's."""

    image: Image
    cosine: str
    why: str


@dataclass(frozen=True)
class Gallery:
    """Images of the report; `missing` says why there are none."""

    lead: str
    scenes: tuple[Scene, ...] = ()
    faces: tuple[FaceCard, ...] = ()
    missing: str = ""


@dataclass(frozen=True)
class PairCard:
    """A pair whose verdict changed.

    Attributes:
        images: both aligned faces; fewer where one shows no face, none where images are left out.
        truth: whether it is one person, in words.
        verdict: the artifact's, good where it is right.
        cosines: by fp32 and by the artifact.
        places: both on a scale with the threshold in its middle, in percent.
        threshold: the cosine that decides.
        names: the files, and where the list has them.
    """

    images: tuple[Image, ...]
    truth: str
    verdict: Mark
    cosines: tuple[str, str]
    places: tuple[float, float]
    threshold: str
    names: str


@dataclass(frozen=True)
class Verified:
    """A recognizer's pairs: the cosines of both kinds, how many verdicts changed, and these pairs with their title."""

    chart: Chart | None
    lead: str
    changed: tuple[PairCard, ...]
    title: str


@dataclass(frozen=True)
class Bar:
    """A bar of a chart: its length is `share` percent of the longest."""

    label: str
    figure: str
    share: float
    own: bool


@dataclass(frozen=True)
class Cost:
    """Latency and size against fp32. `missing` says why there is no latency, `busy` why it is rough.

    `advice` says which target is predicted to be quicker on the processor at hand.
    """

    bars: tuple[tuple[str, tuple[Bar, ...]], ...]
    tables: tuple[Table, ...]
    machine: str = ""
    date: str = ""
    busy: str = ""
    missing: str = ""
    advice: str = ""


@dataclass(frozen=True)
class Prediction:
    """What was predicted on a board or a processor, and a tile for the summary, None where nothing could be predicted.

    `board` is its usual name; `measured` says that times were measured rather than predicted; `evidence` are sentences
    on what the figures rest on, `caveats` on what they cannot know.
    """

    board: str
    lead: str
    tables: tuple[Table, ...] = ()
    evidence: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    tile: Tile | None = None
    measured: bool = False


@dataclass(frozen=True)
class Board:
    """What was measured on a board: bars by threads, tables, and why it may be rough; `tile` is for the summary."""

    name: str
    lead: str
    bars: tuple[Bar, ...]
    tables: tuple[Table, ...]
    warnings: tuple[str, ...]
    tile: Tile


@dataclass(frozen=True)
class Layers:
    """Error by layer: a chart, its numbers, and a summary; `missing` says why there is none."""

    chart: Chart | None = None
    lead: str = ""
    table: Table | None = None
    missing: str = ""


@dataclass(frozen=True)
class Page:
    """A report of one artifact, in reading order."""

    model: str
    target: str
    subtitle: str
    made: str
    verdict: Verdict
    tiles: tuple[Tile, ...]
    figures: tuple[Figure, ...]
    requirements: Table | None
    gallery: Gallery
    findings: tuple[Table, ...]
    findings_notes: tuple[str, ...]
    charts: tuple[Chart, ...]
    cost: Cost
    layers: Layers
    budget: tuple[Table, ...]
    budget_notes: tuple[str, ...]
    origin: tuple[Table, ...]
    command: str
    version: str
    prediction: Prediction | None = None
    verified: Verified | None = None
    boards: tuple[Board, ...] = ()
