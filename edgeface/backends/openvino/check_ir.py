"""Check the text of an IR before OpenVINO sees it: what files from elsewhere may say, and what lies in the weights."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import cast
from xml.etree import ElementTree

from edgeface.errors import InputError

MAX_ELEMENTS = 1 << 28
"""The most numbers that one value may have: 1 GiB in float32."""
MAX_DEPTH = 12
_FIX = "copy both files of the network again; do not use files from untrusted sources"
_BITS = {"boolean": 8, "f64": 64, "f32": 32, "f16": 16, "bf16": 16} | {
    f"{sign}{bits}": bits for sign in "iu" for bits in (4, 8, 16, 32, 64)
}
_OPSET = re.compile(r"opset[1-9][0-9]?")
_WHOLE = re.compile(r"-?\d{1,9}")
_INSIDE = frozenset({"If", "Loop", "TensorIterator"})
_STEPS = {"strides": 1, "dilations": 1, "kernel": 1, "pads_begin": 0, "pads_end": 0}
"""The least of each number of these attributes."""
_MOST = 4096
"""The most: a wider border is time that a network takes for nothing."""


def check_text(text: bytes, weights_bytes: int, where: str) -> None:
    """Refuse a network that is not sound.

    Args:
        text: the .xml file.
        weights_bytes: size of the .bin file.
        where: the .xml file, for errors.

    Raises:
        InputError: it is no XML of a network, names layers that no release of OpenVINO brings, is joined wrongly, has
            sizes that no network has, or reads beyond its weights.
    """
    root = _parsed(text, where)
    layers = {layer.get("id", ""): layer for layer in root.iterfind("layers/layer")}
    if root.tag != "net" or not layers or len(layers) != len(root.findall("layers/layer")):
        raise _refused("no network with layers", where)
    for layer in layers.values():
        wrong = next(_wrong(layer, weights_bytes), None)
        if wrong is not None:
            raise _refused(f"layer {layer.get('name', '')!r} ({layer.get('type', '')}) {wrong}", where)
    _check_edges(root, layers, where)


def _refused(said: str, where: str) -> InputError:
    return InputError(f"this is no sound OpenVINO network: {said}", where=where, fix=_FIX)


def _parsed(text: bytes, where: str) -> ElementTree.Element:
    if b"<!" in text.replace(b"<!--", b""):
        raise _refused("its XML has a document type or entities, which are refused", where)
    parser: ElementTree.XMLPullParser[ElementTree.Element] = ElementTree.XMLPullParser(("start", "end"))
    depth, root = 0, None
    try:
        for at in range(0, len(text), 1 << 16):
            parser.feed(text[at : at + (1 << 16)])
            for begun, element in cast("Iterator[tuple[str, ElementTree.Element]]", parser.read_events()):
                root = element if root is None else root
                depth += 1 if begun == "start" else -1
                if depth > MAX_DEPTH:
                    raise _refused("its XML is nested too deeply", where)
        parser.close()
    except (ElementTree.ParseError, LookupError, ValueError) as error:  # the latter two: its encoding
        raise _refused(f"it is not XML ({error})", where) from error
    if root is None:
        raise _refused("it is empty", where)
    return root


def _wrong(layer: ElementTree.Element, weights_bytes: int) -> Iterator[str]:
    """What is wrong with a layer."""
    if _OPSET.fullmatch(layer.get("version", "")) is None:
        yield "is of no opset of OpenVINO's own"
    if layer.get("type") in _INSIDE or layer.find("body") is not None:
        yield "holds another network, which is not supported"
    for port in layer.iterfind("*/port"):
        sizes = [size.text or "" for size in port.iterfind("dim")]
        if not all(map(_WHOLE.fullmatch, sizes)) or math.prod(abs(int(size)) for size in sizes) > MAX_ELEMENTS:
            yield "has a size that no network has"
    data = layer.find("data")
    said = {} if data is None else data.attrib
    for key, least in _STEPS.items():
        numbers = [part.strip() for part in said.get(key, "").split(",") if part.strip()]
        if not all(number.isdecimal() and least <= int(number[:9]) <= _MOST for number in numbers):
            yield f"has {key} of {said[key][:40]!r}"
    if layer.get("type") == "Const":
        yield from _wrong_constant(said, weights_bytes)


def _wrong_constant(said: dict[str, str], weights_bytes: int) -> Iterator[str]:
    numbers = [said.get(key, "") for key in ("offset", "size")]
    shape = [part.strip() for part in said.get("shape", "").split(",") if part.strip()]
    if not all(number.isdecimal() and len(number) < 12 for number in (*numbers, *shape)):
        yield "does not say where it lies"
        return
    offset, size = map(int, numbers)
    bits = _BITS.get(said.get("element_type", ""))
    if bits is None:
        yield f"has numbers of an unknown type {said.get('element_type', '')[:40]!r}"
    elif size != (math.prod(map(int, shape)) * bits + 7) // 8:
        yield f"has {size:,} bytes, which do not fit its shape"
    elif offset + size > weights_bytes:
        yield f"reads beyond the weights, which have {weights_bytes:,} bytes"


def _check_edges(root: ElementTree.Element, layers: dict[str, ElementTree.Element], where: str) -> None:
    """Each input is joined to one output, and no way leads back."""
    makes = {(key, port.get("id")) for key, layer in layers.items() for port in layer.iterfind("output/port")}
    reads = {(key, port.get("id")) for key, layer in layers.items() for port in layer.iterfind("input/port")}
    joined = [
        ((edge.get("from-layer"), edge.get("from-port")), (edge.get("to-layer"), edge.get("to-port")))
        for edge in root.iterfind("edges/edge")
    ]
    ends = [end for _, end in joined]
    if len(set(ends)) != len(ends) or set(ends) != reads or not {begin for begin, _ in joined} <= makes:
        raise _refused("its layers are not joined by its edges", where)
    waiting: dict[str | None, set[str | None]] = {key: set() for key in layers}
    readers: dict[str | None, set[str | None]] = {key: set() for key in layers}
    for (begin, _), (end, _) in joined:
        waiting[end].add(begin)
        readers[begin].add(end)
    ready = [key for key, needed in waiting.items() if not needed]
    done = 0
    while ready:
        done += 1
        key = ready.pop()
        for reader in readers[key]:
            waiting[reader].discard(key)
            if not waiting[reader]:
                ready.append(reader)
    if done != len(layers):
        raise _refused("its edges lead in a circle", where)
