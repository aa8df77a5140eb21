"""Lists of pairs, labels, statistics and caches."""

from __future__ import annotations

import io
import math
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import savemat

from edgeface.evaluation.cache import Cache
from edgeface.evaluation.cache_blocks import HEAD_BYTES, MAGIC
from edgeface.quantize.statistics import STATISTICS, CalibrationStats, summarize
from edgeface.tasks.detection.pascal_voc import read_labels
from edgeface.tasks.detection.wider_labels import read_wider_labels
from edgeface.tasks.recognition.pairs import read_pairs
from tests.hostile.case import Case, Kind
from tests.hostile.damage import damaged
from tests.hostile.draw import Draw

_BOX = "<object><name>face</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>30</xmax><ymax>40</ymax></bndbox></object>"
_WIDER = ("wider_face_val.mat", "wider_easy_val.mat", "wider_medium_val.mat", "wider_hard_val.mat")


def _statistics() -> bytes:
    noise = np.random.default_rng(1)
    values = {name: summarize(noise.normal(size=(1, 3, 8, 8)).astype(np.float32)) for name in ("x", "conv")}
    moments = {"conv": np.eye(4)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.npz"
        CalibrationStats(values, moments, 4, "d" * 64, STATISTICS).save(path)
        return path.read_bytes()


def _cache() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        kept = Cache(Path(folder) / "c.rows")
        for image in ("a" * 64, "b" * 64):
            kept.put("detections", image, np.ones((2, 15), np.float32))
        kept.save()
        return (Path(folder) / "c.rows").read_bytes()


def _wider() -> dict[str, bytes]:
    def cells(*items: Any) -> Any:
        made = np.empty((len(items), 1), object)
        made[:, 0] = items
        return made

    boxes = cells(cells(np.array([[1, 2, 30, 40], [5, 5, 9, 9]], np.float64)))
    found = {"event_list": cells("0--Parade"), "file_list": cells(cells("0_Parade_1")), "face_bbx_list": boxes}
    counted = {"gt_list": cells(cells(np.array([[1], [2]], np.int32)))}
    files = {}
    for name in _WIDER:
        stream = io.BytesIO()
        savemat(stream, found if name == _WIDER[0] else counted, do_compression=name == _WIDER[0])
        files[name] = b"MATLAB 5.0 MAT-file".ljust(116) + stream.getvalue()[116:]  # its text has the time
    return files


@cache
def seeds() -> dict[str, dict[str, bytes]]:
    """Valid files by their reader."""
    lfw = "1\nAda\t1\t2\nAda\t1\tBob\t1\n"
    return {
        "pairs": {"pairs.txt": lfw.encode()},
        "table": {"pairs.txt": b"a/1.jpg,a/2.jpg,1\na/1.jpg,b/1.jpg,0\nb/1.jpg,b/2.jpg,1\n"},
        "voc": {"labels.xml": f"<annotation>{_BOX * 2}</annotation>".encode()},
        "wider": _wider(),
        "statistics": {"statistics.npz": _statistics()},
        "cache": {"cache.rows": _cache()},
    }


def make(draw: Draw) -> Case:
    """A list, a label or a table of numbers that lies."""
    kind = draw.one(sorted(seeds()))
    files = dict(seeds()[kind])
    name = draw.one(sorted(files))
    if kind == "statistics" and draw.chance(0.7):
        files[name], note = _arrays_lie(draw, files[name])
    elif name.endswith(".rows") and draw.chance(0.7):
        files[name], note = _block_lies(draw, files[name])
    elif name.endswith((".txt", ".xml")) and draw.chance(0.5):
        files[name], note = _text_lies(draw, files[name])
    else:
        files[name], note = damaged(draw, files[name], seeds()["cache"]["cache.rows"])
    read, wrong = _DOORS[kind]
    return Case(f"{kind}: {note}", files, read, wrong)


def _block_lies(draw: Draw, data: bytes) -> tuple[bytes, str]:
    """A cache, one of whose block's numbers is another, with checksums that are right."""
    head, content = bytearray(data[len(MAGIC) :][: HEAD_BYTES - 8]), bytearray(data[len(MAGIC) + HEAD_BYTES :])
    lie = draw.one([0, 1, 3, 1 << 16, 1 << 24, (1 << 31) - 1, (1 << 32) - 1]).to_bytes(4, "little")
    part, at = draw.one([(head, 4), (head, 8), (head, 12), (content, 64), (content, 68), (content, 72)])
    part[at : at + 4] = lie
    sealed = bytes(head) + zlib.crc32(content).to_bytes(4, "little")
    block = sealed + zlib.crc32(sealed).to_bytes(4, "little") + bytes(content)
    return MAGIC + block, f"{int.from_bytes(lie, 'little')} at {at} of its {'head' if part is head else 'content'}"


def _arrays_lie(draw: Draw, data: bytes) -> tuple[bytes, str]:
    """An archive of arrays, one of them replaced."""
    with np.load(io.BytesIO(data)) as archive:
        arrays = {name: archive[name] for name in archive.files}
    name = draw.one(sorted(arrays))
    old = arrays[name]
    odd = (
        np.full(old.shape, math.nan),
        np.full(old.shape, -math.inf, np.float32),
        np.full(old.shape, -5, np.int64),
        np.full(old.shape, 1e300),
        np.full(old.shape, (1 << 62) + 1, np.int64),
        old[..., :1] if old.ndim else old,
        np.concatenate([old, old]) if old.ndim else old,
        np.zeros(0),
        old.astype(complex) if old.dtype.kind in "if" else old,
        np.array(["text"]),
        np.array([b"bytes"]),
        old.reshape(-1),
        -old if old.dtype.kind in "if" else old[::-1],
    )
    place = draw.below(len(odd))
    arrays[name] = odd[place]
    if draw.chance(0.1):
        del arrays[name]
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
    if draw.chance(0.1):
        return _entries_lie(draw, stream.getvalue()), f"{name}: {place}, and an entry"
    return stream.getvalue(), f"{name}: {place}"


def _entries_lie(draw: Draw, data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = {info.filename: archive.read(info) for info in archive.infolist()}
    name = draw.one(sorted(entries))
    entries[name] = draw.one((bytes(64 << 20), damaged(draw, entries[name])[0], b""))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compresslevel=1) as archive:
        for entry, content in entries.items():
            archive.writestr(zipfile.ZipInfo(entry), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _text_lies(draw: Draw, data: bytes) -> tuple[bytes, str]:
    """A value of the text replaced, or lines in another number."""
    odd = (
        b"nan",
        b"1e999",
        b"-1",
        b"9" * 5000,
        b"\x1b[31m",
        b"\x00",
        b"../../x",
        b"\xff",
        b"",
        "é".encode(),
        b'"',
        b"1 2 3 4",
    )
    if data.startswith(b"<"):
        old = draw.one((b"1", b"30", b"40", b"face", b"object", b"bndbox", b"annotation", b"xmin"))
        new = draw.one(
            (*odd, b"<a>" * 5000, b"<!DOCTYPE a>", b"&amp;" * 50, b"&unknown;", b"<a/>" * 1000, b"<![CDATA[1]]>")
        )
    else:
        old = draw.one((b"1", b"Ada", b"\t", b"\n", b",", b"a/1.jpg"))
        new = draw.one((*odd, b"1000000000", b"10 300", b"\r", b"\xe2\x80\xa8", b"\n" * 3000))
    return data.replace(old, new, 1 if draw.chance(0.7) else -1), f"{old!r} is {new[:12]!r}"


def _pairs(folder: Path) -> Any:
    found = read_pairs(folder / "pairs.txt")
    return [(pair.first, pair.second, pair.same) for pair in found.pairs], found.folds.tolist()


def _read_wider(folder: Path) -> Any:
    found = read_wider_labels(folder)
    return {name: labels.boxes.tolist() for name, labels in found.items()}


def _read_statistics(folder: Path) -> Any:
    found = CalibrationStats.load(folder / "statistics.npz")
    numbers = [
        np.asarray(a, np.float64).ravel() for v in found.values.values() for a in (v.low, v.high, v.total, [v.count])
    ]
    numbers += [moment.ravel() for moment in found.moments.values()]
    counts = [int(np.min(v.counts)) for v in found.values.values() if v.counts.size] + [
        v.count for v in found.values.values()
    ]
    return {"numbers": np.concatenate(numbers or [np.zeros(0)]).tolist(), "counts": [*counts, found.images]}


def _read_cache(folder: Path) -> Any:
    kept = Cache(folder / "cache.rows")
    rows = kept.get("detections", "a" * 64)
    return {"numbers": [] if rows is None else rows.ravel().tolist(), "counts": [0]}


def _sane(answer: Any) -> str | None:
    if not all(math.isfinite(value) for value in answer["numbers"]):
        return f"numbers that are not finite were taken: {answer}"[:300]
    return f"negative counts: {answer['counts']}" if min(answer["counts"], default=0) < 0 else None


def _boxes(answer: Any) -> str | None:
    whole = np.isfinite(answer).all() and (answer[:, 0] < answer[:, 2]).all() and (answer[:, 1] < answer[:, 3]).all()
    return None if whole else f"boxes {answer}"


def _wider_boxes(answer: Any) -> str | None:
    wrong = [boxes for boxes in answer.values() if not np.isfinite(boxes).all()]
    return f"boxes {wrong[0]}" if wrong else None


_Door = tuple[Callable[[Path], Any], Callable[[Any], str | None]]
_DOORS: dict[str, _Door] = {
    "pairs": (_pairs, lambda answer: None if len(answer[0]) == len(answer[1]) else f"folds {answer[1]}"),
    "table": (_pairs, lambda answer: None if len(answer[0]) == len(answer[1]) else f"folds {answer[1]}"),
    "voc": (lambda folder: read_labels(folder / "labels.xml"), _boxes),
    "wider": (_read_wider, _wider_boxes),
    "statistics": (_read_statistics, _sane),
    "cache": (_read_cache, _sane),
}

KIND = Kind(make, share=80, prepare=seeds)
