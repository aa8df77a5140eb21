"""Bundles: archives, unpacked folders, signatures, and what a board's runner reads."""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edgeface.bundle.archive import open_archive, write_archive
from edgeface.bundle.check import verify_bundle
from edgeface.bundle.face_runner.errors import Refused
from edgeface.bundle.face_runner.images import encode_ppm
from edgeface.bundle.face_runner.integrity import SIGNATURE, SUMS, sums_of
from edgeface.bundle.face_runner.pipeline import FaceRunner
from edgeface.bundle.face_runner.service import answer_line
from edgeface.bundle.keys import SecretKey, sign
from edgeface.bundle.pack import Order, pack_bundle
from tests.hostile.case import Case, Kind, no_complaint, refused
from tests.hostile.damage import damaged
from tests.hostile.draw import Draw
from tests.hostile.kinds.artifacts import folder_of
from tests.hostile.values import json_bytes, lied, not_finite

ARCHIVE, KEY, FOLDER = "face.tar.gz", "maker.pub", "face"


@cache
def packed() -> tuple[bytes, bytes, bytes]:
    """A signed archive, the public key's file, and the archive of the same files signed by someone else."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for task in ("detection", "recognition"):
            (folder / task).mkdir()
            for name, content in folder_of(task).items():
                (folder / task / name).write_bytes(content)
        files = open_archive(pack_bundle(Order(folder / "detection", folder / "recognition", "rk3399")), ARCHIVE)[0]
    by_maker, by_other = (files | {SIGNATURE: sign(files[SUMS], key, "a bundle")} for key in (_MAKER, _OTHER))
    return write_archive(by_maker), _public(_MAKER), write_archive(by_other)


_MAKER, _OTHER = SecretKey(b"maker-id", bytes(32)), SecretKey(b"other-id", bytes(31) + b"1")
"""Keys of no one: the inputs must be the same every time."""


def _public(key: SecretKey) -> bytes:
    """The file of the public key of a secret one."""
    point = Ed25519PrivateKey.from_private_bytes(key.seed).public_key().public_bytes_raw()
    body = base64.b64encode(b"Ed" + key.identifier + point)
    return b"untrusted comment: minisign public key " + _name(key).encode() + b"\n" + body + b"\n"


def _name(key: SecretKey) -> str:
    return key.identifier[::-1].hex().upper()


@cache
def unpacked() -> dict[str, bytes]:
    """The archive's files."""
    return open_archive(packed()[0], ARCHIVE)[0]


def make(draw: Draw) -> Case:
    """A bundle that is not the one that was signed, or what a runner reads."""
    note, files, door, wrong = draw.one(_MADE)(draw)
    return Case(note, files, door, wrong)


_Made = tuple[str, dict[str, bytes], Callable[[Path], Any], Callable[[Any], str | None]]


def _door(name: str, key: bool, golden: bool = False) -> Callable[[Path], Any]:
    def verify(folder: Path) -> Any:
        found = verify_bundle(folder / name, folder / KEY if key else None, golden)
        if not found.passed:
            raise Refused("; ".join(map(str, found.problems)))
        return found.signature

    return verify


def _changed_archive(draw: Draw) -> _Made:
    """Any changed byte: refused, with or without a key."""
    data, note = damaged(draw, packed()[0])
    return f"archive: {note}", {ARCHIVE: data, KEY: packed()[1]}, _door(ARCHIVE, draw.chance(0.5)), _NEVER


def _changed_head(draw: Draw) -> _Made:
    """The first bytes of the archive, where its headers are."""
    data = packed()[0]
    at = draw.below(4096)
    head, note = damaged(draw, data[at : at + 600])
    changed = data[:at] + head + data[at + 600 :]
    return f"archive near {at}: {note}", {ARCHIVE: changed, KEY: packed()[1]}, _door(ARCHIVE, False), _NEVER


def _repacked(draw: Draw) -> _Made:
    """Other files in a well-formed archive; the sums may be right, the signature is not."""
    files = dict(unpacked())
    name = draw.one(sorted(files))
    files[name], note = damaged(draw, files[name])
    rehashed = draw.chance(0.7) and name != SUMS
    if rehashed:
        files[SUMS] = sums_of(files)
    content = {ARCHIVE: write_archive(files), KEY: packed()[1]}
    key = rehashed or draw.chance(0.5)
    return f"{name}: {note}{', hashed again' if rehashed else ''}", content, _door(ARCHIVE, key), _NEVER


def _signature(draw: Draw) -> _Made:
    """The signature, the key's file, or another signer's."""
    files = dict(unpacked())
    key, note = packed()[1], ""
    act = draw.below(4)
    if act == 0:
        files[SIGNATURE], note = damaged(draw, files[SIGNATURE])
    elif act == 1:
        del files[SIGNATURE]
    elif act == 2:
        files = dict(open_archive(packed()[2], ARCHIVE)[0])
    else:
        key, note = damaged(draw, key)
    what = ("signature", "no signature", "another signer", "key")[act]
    wrong = _NEVER if act < 3 else _same_key
    return f"{what}: {note}", {ARCHIVE: write_archive(files), KEY: key}, _door(ARCHIVE, True), wrong


def _same_key(answer: Any) -> str | None:
    """A key's file that was changed may verify only if it is the same key: comments are not checked."""
    return None if answer == f"by key {_name(_MAKER)}" else f"another key verified it: {answer}"


def _folder(draw: Draw) -> _Made:
    """An unpacked folder in which a file was changed, added, removed or renamed."""
    files = {f"{FOLDER}/{name}": content for name, content in unpacked().items()}
    name = draw.one(sorted(files))
    act, key = draw.below(4), draw.chance(0.5) or name.endswith(SIGNATURE)  # without a key none is asked for
    if act == 0:
        files[name], note = damaged(draw, files[name])
    elif act == 1:
        note = "removed"
        content = files.pop(name)
    elif act == 2:
        note = draw.one(
            (
                "extra.py",
                "face_runner/numpy.py",
                "__pycache__/x.pyc",
                ".hidden",
                "a b",
                "\x1b[31m",
                "é",
                "sitecustomize.py",
            )
        )
        files[f"{FOLDER}/{note}"] = b"print('verified')\n"
    else:
        content = files.pop(name)
        files[f"{FOLDER}/{draw.one(('moved', 'face_runner/moved.py'))}"] = content
        note = "renamed"
    return f"{name}: {note!r}", {**files, KEY: packed()[1]}, _door(FOLDER, key), _NEVER


def _runs_golden(draw: Draw) -> _Made:
    """Files that lie with right sums and no signature, so that golden images are run."""
    files = dict(unpacked())
    del files[SIGNATURE]
    name = draw.one([n for n in sorted(files) if n.startswith(("models/", "golden/")) or n == "bundle.json"])
    if name.endswith(".json") and draw.chance(0.8):
        changed, note = lied(draw, json.loads(files[name]))
        files[name] = json_bytes(changed)
    else:
        files[name], note = damaged(draw, files[name])
    files[SUMS] = sums_of(files)
    return (
        f"{name}: {note}",
        {ARCHIVE: write_archive(files)},
        _door(ARCHIVE, False, golden=True),
        no_complaint,
    )


def _runner(draw: Draw) -> _Made:
    """A runner whose settings or models lie, and an image."""
    files = {name: unpacked()[name] for name in unpacked() if name.startswith("models/") or name == "bundle.json"}
    name = "bundle.json" if draw.chance(0.7) else draw.one(sorted(files))
    if name.endswith(".json") and draw.chance(0.8):
        changed, note = lied(draw, json.loads(files[name]))
        files[name] = json_bytes(changed)
    else:
        files[name], note = damaged(draw, files[name])
    files["image.ppm"] = _IMAGE

    def run(folder: Path) -> Any:
        runner = FaceRunner.open(folder)
        return json.loads(answer_line(runner, _request("compare", folder)))

    return f"runner, {name}: {note}", files, run, not_finite


def _requests(draw: Draw) -> _Made:
    """A request on the service's socket that lies."""
    request = {"do": draw.one(("detect", "embed", "compare")), "images": ["image.ppm", "image.ppm"]}
    if draw.chance(0.7):
        changed, note = lied(draw, request)
        line = json_bytes(changed) + b"\n"
    else:
        line, note = damaged(draw, json.dumps(request).encode() + b"\n")
    files = {name: unpacked()[name] for name in unpacked() if name.startswith("models/") or name == "bundle.json"}

    def ask(folder: Path) -> Any:
        return json.loads(answer_line(_runner_of(folder), line))

    return f"request: {note}", {**files, "image.ppm": _IMAGE}, ask, not_finite


@cache
def _valid_runner() -> FaceRunner:
    return FaceRunner(unpacked())


def _runner_of(_: Path) -> FaceRunner:
    return _valid_runner()


def _request(do: str, folder: Path) -> bytes:
    path = str(folder / "image.ppm")
    return json.dumps({"do": do, "images": [path, path]}).encode()


_NEVER = refused("a bundle that is not the one that was signed")
_IMAGE = encode_ppm(np.random.default_rng(3).integers(0, 255, (40, 56, 3), np.uint8))
_MADE = (
    _changed_archive,
    _changed_head,
    _repacked,
    _repacked,
    _signature,
    _folder,
    _runs_golden,
    _runner,
    _runner,
    _requests,
)


def _prepared() -> None:
    unpacked()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / ARCHIVE).write_bytes(packed()[0])
        (Path(folder) / KEY).write_bytes(packed()[1])
        found = verify_bundle(Path(folder) / ARCHIVE, Path(folder) / KEY)
        assert found.passed, found.lines()
    _valid_runner()


KIND = Kind(make, share=130, prepare=_prepared)
