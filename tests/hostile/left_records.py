"""What exports and boards leave beside a model for reports, valid: `seen.json` and a board's record."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from edgeface.core.artifact import Artifact
from edgeface.devices.board_record import read_records
from edgeface.report.boards import boards
from edgeface.report.render import render
from edgeface.report.same_images import same_images
from edgeface.report.seen import SEEN, picture_of, read_seen
from tests.hostile.values import Document

BOARD = "board-ssh-pi4.json"
DIGEST = "0123456789abcdef01234567"


def seen_document() -> Document:
    """One image with a face that is matched and one that is lost."""
    matched = {"reference": [1, 2, 30, 40], "candidate": [1, 2, 31, 40], "scores": [0.9, 0.8]}
    faces = [{"name": "same", "height_px": 38.0, **matched}]
    faces += [{"name": "lost", "height_px": 9.0, "reference": [50, 50, 60, 60], "scores": [0.6, None]}]
    image = {"digest": DIGEST, "height": 80, "width": 100, "severity": [1.0, 0.2], "name": "a.jpg", "faces": faces}
    picture = picture_of(np.zeros((8, 10, 3), np.uint8)).model_dump()
    return {"format": 1, "count": 1, "images": [image], "pictures": {DIGEST: picture}}


def board_document(model: bytes) -> Document:
    """A board with one core, timed with one thread."""
    cpu = {"index": 0, "part": 0xD08, "max_khz": 1_800_000, "now_khz": 1_800_000, "governor": "ondemand"}
    state = {"architecture": "aarch64", "kernel": "6.1", "python": "3.11", "model": "Board", "allowed": [0]}
    state |= {"cpus": [cpu], "zones": [{"name": "cpu", "celsius": 50.0}]}
    times = {"threads": 1, "cpus": [0], "median_ms": 20.0, "p10_ms": 19.0, "p90_ms": 22.0, "unpinned": None}
    latency = {"device": "Board: 1×Cortex-A72", "path": "litert xnnpack", "version": "2.3.0", "sweep": [times]}
    latency |= {"before": state, "after": state, "warnings": ["warm"]}
    path = {"path": "litert xnnpack", "here": "2.3.0", "there": "2.3.0", "requirement": "equal", "passed": True}
    of = {"format": 1, "on": "ssh:pi4", "date": "2026-11-28", "edgeface": "0.7.0", "images": 4, "passed": True}
    return {**of, "model_sha256": hashlib.sha256(model).hexdigest(), "paths": [path], "latency": latency}


def shown(folder: Path) -> Any:
    """What reports show of both, as HTML and as numbers."""
    artifact = Artifact.open(folder)
    seen, found = read_seen(folder), list(read_records(folder, artifact.manifest.model_sha256))
    same = None if seen is None else same_images("m", [("a", seen), ("b", seen)])
    page = render("boards.html", boards=boards(found))
    boxes = [] if same is None else [vars(box) for each in same.images for side in each.sides for box in side.boxes]
    return {"page": page.count("<script"), "boxes": boxes, "times": [each.latency.model_dump() for each in found]}


def files(model: bytes) -> dict[str, bytes]:
    """Both files."""
    return {SEEN: json.dumps(seen_document()).encode(), BOARD: json.dumps(board_document(model)).encode()}
