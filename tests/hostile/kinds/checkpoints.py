"""Checkpoints: torch's two formats and safetensors."""

from __future__ import annotations

import io
import math
import os
import pickle
import re
from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save

from edgeface.errors import EdgefaceError
from edgeface.models.checkpoint import read_state_dict
from edgeface.models.checkpoint_shapes import read_shapes
from tests.hostile.case import Case, Kind, refused
from tests.hostile.checkpoint_lies import archive_lies, header_lies
from tests.hostile.damage import damaged
from tests.hostile.draw import Draw

RAN = "ran"
"""A file that is there if a checkpoint ran code."""

_MAX_VALUES = 1 << 22


def state() -> dict[str, torch.Tensor]:
    """Weights of a network of three layers."""
    made = torch.Generator().manual_seed(1)
    shapes = {"conv.weight": (8, 3, 3, 3), "conv.bias": (8,), "bn.running_var": (8,), "fc.weight": (4, 8)}
    found = {name: torch.rand(shape, generator=made) for name, shape in shapes.items()}
    return {**found, "bn.num_batches_tracked": torch.tensor(3)}


def _saved(content: Any, zipped: bool = True) -> bytes:
    """Torch's file; in the old format of a single storage, whose address the file would hold."""
    stream = io.BytesIO()
    torch.save(content, stream, _use_new_zipfile_serialization=zipped)
    return stream.getvalue() if zipped else _ADDRESS.sub(b"X\x01\x00\x00\x001", stream.getvalue())


_ADDRESS = re.compile(rb"X[\x08-\x14]\x00\x00\x00[0-9]{8,20}", re.DOTALL)


def _views() -> dict[str, torch.Tensor]:
    """The same weights in one storage."""
    flat = torch.cat([tensor.flatten() for tensor in state().values() if tensor.is_floating_point()])
    found, at = {}, 0
    for name, tensor in state().items():
        if tensor.is_floating_point():
            found[name] = flat[at : at + tensor.numel()].view(tensor.shape)
            at += tensor.numel()
    return found


@cache
def seeds() -> dict[str, bytes]:
    """Valid checkpoints by file name."""
    plain = state()
    return {
        "zip.pth": _saved(plain),
        "legacy.pth": _saved(_views(), zipped=False),
        "wrapped.ckpt": _saved({"state_dict": OrderedDict((f"module.{k}", v) for k, v in plain.items()), "epoch": 3}),
        "plain.safetensors": save(plain, metadata={"format": "pt"}),
    }


def make(draw: Draw) -> Case:
    """A damaged checkpoint, one whose structure lies, or a valid one of what does not belong into it."""
    name = draw.one(sorted(seeds()))
    if draw.chance(0.25):
        name, data, note, verdict = draw.one(_MADE)(draw)
        return Case(note, {name: data}, _door(name), verdict)
    if name.endswith(".safetensors") and draw.chance(0.6):
        data, note = header_lies(draw, seeds()[name])
    elif seeds()[name].startswith(b"PK") and draw.chance(0.7):
        data, note = archive_lies(draw, seeds()[name])
    else:
        data, note = damaged(draw, seeds()[name], seeds()["legacy.pth"])
    return Case(f"{name}: {note}", {name: data}, _door(name), _wrong)


def _door(name: str) -> Callable[[Path], Any]:
    """Shapes without values, then the values; both doors must agree."""

    def open_both(folder: Path) -> Any:
        path = folder / name
        try:
            shapes: Any = dict(read_shapes(path))
        except EdgefaceError:
            shapes = None
        tensors = read_state_dict(path)
        odd = [key for key, value in tensors.items() if value.dtype.kind not in "fiub" or not value.flags.writeable]
        if odd:
            return {"odd": odd}
        found = {key: (tuple(value.shape), str(value.dtype)) for key, value in tensors.items()}
        finite = all(math.isfinite(float(np.abs(value.astype(np.float64)).sum())) for value in tensors.values())
        return {"shapes": shapes, "tensors": found, "finite": finite, "ran": (folder / RAN).exists()}

    def watched(folder: Path) -> Any:
        here = Path.cwd()
        os.chdir(folder)
        try:
            return open_both(folder)
        except EdgefaceError:
            if (folder / RAN).exists():
                return {"shapes": None, "tensors": {}, "finite": True, "ran": True}
            raise
        finally:
            os.chdir(here)

    return watched


def _wrong(answer: Any) -> str | None:
    if "odd" in answer:
        return f"complex weights, or some in the file's memory, were accepted: {answer['odd']}"
    if answer["ran"]:
        return "the checkpoint ran code"
    if not answer["finite"]:
        return "values that are not finite were accepted"
    shapes = {key: shape for key, (shape, _) in answer["tensors"].items() if not key.endswith("num_batches_tracked")}
    if sum(math.prod(shape) for shape in shapes.values()) > _MAX_VALUES:
        return f"a file of a few kB gave {shapes}"
    if answer["shapes"] is not None and answer["shapes"] != shapes:
        return f"the two readers see {answer['shapes']} and {shapes}"
    return None


class _Runs:
    """Something that makes a folder when it is unpickled, if anything may run."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (RAN,)


_Made = tuple[str, bytes, str, Callable[[Any], str | None]]


def _with(draw: Draw, **tensors: Any) -> bytes:
    return _saved({**state(), **tensors}) if draw.chance(0.7) else _saved(tensors, zipped=False)


def _code(draw: Draw) -> _Made:
    content: Any = draw.one((_Runs(), {"a": _Runs()}, {**_views(), "run": _Runs()}))
    data = draw.one((_saved(content), _saved(content, zipped=False), pickle.dumps(content, protocol=draw.below(6))))
    return "code.pth", data, "pickled code", _wrong


def _expanded(draw: Draw) -> _Made:
    sides = draw.one(((1 << 30,), (1 << 16, 1 << 16), (1 << 40,), (3, 1 << 28)))
    return (
        "expanded.pth",
        _with(draw, **{"conv.bias": torch.zeros(1).expand(*sides)}),
        f"one value as {sides}",
        refused("an expanded storage"),
    )


def _odd_values(draw: Draw) -> _Made:
    bad = draw.one((torch.tensor([math.nan]), torch.tensor([math.inf]), torch.zeros(8, dtype=torch.complex64)))
    data = (
        save({**state(), "conv.bias": bad})
        if draw.chance(0.3) and not bad.is_complex()
        else _with(draw, **{"conv.bias": bad})
    )
    name = "odd.safetensors" if data[8:9] == b"{" else "odd.pth"
    return name, data, f"a bias of {bad.dtype}, {bad.flatten()[0]}", refused("what is not a finite real number")


def _odd_tensors(draw: Draw) -> _Made:
    odd = draw.one(
        (
            torch.zeros(8, device="meta"),
            torch.eye(3).to_sparse(),
            torch.quantize_per_tensor(torch.ones(8), 0.1, 0, torch.qint8),
            torch.zeros(0),
            torch.zeros(0, 1 << 20),
            torch.tensor(True),
            torch.ones(8, dtype=torch.float8_e4m3fn),
            torch.nn.Parameter(torch.ones(8)),
            torch.ones(8)[::2],
        )
    )
    return "tensor.pth", _with(draw, **{"conv.bias": odd}), f"a bias that is {odd.layout}, {odd.dtype}", _wrong


def _odd_content(draw: Draw) -> _Made:
    nested: Any = state()
    for _ in range(draw.one((1, 3, 400))):
        nested = {"state_dict": nested}
    loop: dict[str, Any] = {}
    loop["model"] = loop
    content = draw.one(
        (
            nested,
            loop,
            [],
            None,
            3,
            "text",
            {1: torch.ones(2)},
            {"a": 1},
            {("a",): torch.ones(1)},
            {"\x1b[31m": torch.ones(1)},
        )
    )
    return "content.pth", _saved(content), f"content {str(content)[:30]!r}", _wrong


def _odd_file(draw: Draw) -> _Made:
    data = draw.one(
        (
            b"",
            b"PK\x03\x04",
            b"PK\x05\x06" + bytes(18),
            b"\x80",
            b"\x80\x02.",
            b"\x80\x05" + b"(" * 5000,
            b"{}",
            b"\x89PNG",
        )
    )
    return (
        f"file{draw.one(('.pth', '.pt', '.ckpt', '.safetensors', '.bin'))}",
        data,
        f"a file of {data[:8]!r}",
        refused("no checkpoint"),
    )


_MADE = (_code, _expanded, _odd_values, _odd_tensors, _odd_content, _odd_file)

KIND = Kind(make, share=150, prepare=lambda: (seeds(), read_state_dict.__module__))
