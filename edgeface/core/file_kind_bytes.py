"""Formats that have no magic number, told by the structure of their first bytes."""

from __future__ import annotations

import re
import struct

# A class by its module and name, but no dictionary and no single tensor; torch's first format puts a tuple ("module",
# class, …) in place of a module.
_PLAIN = rb"(?!collections\b|torch\._utils\b)"
_CLASS_FIRST = rb"c" + _PLAIN + rb"[\w.]+\n|\x8c." + _PLAIN + rb"[\w.]+\x94\x8c|\((?:X\x06\0\0\0|\x8c\x06)module[q\x94]"
_WHOLE = re.compile(rb"\x80[\x02-\x05](?:\x95.{8})?(?:" + _CLASS_FIRST + rb")", re.DOTALL)
_LENGTH_BYTES = 8
_MAX_HEADER_BYTES = 100 << 20


def is_whole_module(head: bytes) -> bool:
    """Whether a torch file holds an object of a class instead of a dictionary: its pickle begins with the class."""
    return _WHOLE.search(head) is not None


def is_safetensors(head: bytes) -> bool:
    """A JSON header after its length, 8 bytes."""
    if len(head) <= _LENGTH_BYTES:
        return False
    size = int.from_bytes(head[:_LENGTH_BYTES], "little")
    return 2 <= size <= _MAX_HEADER_BYTES and head[_LENGTH_BYTES:].lstrip()[:2] in (b'{"', b"{}")


def is_onnx(head: bytes) -> bool:
    """ModelProto: field 1, the IR version, a small number; then a name, a graph, an opset or another known field."""
    if len(head) < 4 or head[0] != 0x08 or not 1 <= head[1] <= 0x20:
        return False
    return head[2] in (0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42, 0x72)


def is_saved_model(head: bytes) -> bool:
    """SavedModel: field 1, the schema's version, is 1; field 2 a MetaGraphDef that begins with its MetaInfoDef."""
    inner = _field(head[2:], 0x12) if head.startswith(b"\x08\x01") else b""
    return len(inner) > 64 and _field(inner, 0x0A)[:1] in (b"\x0a", b"\x12", b"\x1a", b"\x22")


def is_core_ml(head: bytes) -> bool:
    """Model: field 1, the specification's version; field 2 a description that begins with a feature and its name."""
    if len(head) < 4 or head[0] != 0x08 or not 1 <= head[1] <= 0x20:
        return False
    inner = _field(head[2:], 0x12)
    return inner[:1] == b"\x0a" and _printable(_field(_field(inner, 0x0A), 0x0A))


def is_frozen_graph(head: bytes) -> bool:
    """GraphDef: nodes with a name and an operator's name."""
    node = _field(head, 0x0A)
    name = _field(node, 0x0A)
    return _printable(name) and _printable(_field(node[2 + len(name) :], 0x12))


def is_caffe_weights(head: bytes) -> bool:
    """NetParameter: a name, then layers, which are field 100 (or 2 in the oldest)."""
    name = _field(head, 0x0A)
    rest = head[2 + len(name) :]
    if not _printable(name):
        return False
    inputs = rest[:1] == b"\x1a"  # `input` precedes the layers of deployed networks
    return rest[:2] == b"\xa2\x06" or rest[:1] == b"\x12" or (inputs and b"\xa2\x06" in rest)


def is_paddle(head: bytes) -> bool:
    """ProgramDesc: blocks, the first of which has index 0 and the parent −1."""
    return re.match(rb"\x0a[\x80-\xff]{0,4}[\x00-\x7f]\x08\x00\x10\xff\xff\xff\xff", head) is not None


def is_plain_weights(head: bytes) -> bool:
    """Paddle's dense tensors: version 0, no levels, version 0, then the length of a short description."""
    if len(head) < 24 or any(head[:16]):
        return False
    size = struct.unpack_from("<i", head, 16)[0]
    return 2 <= size < 64 and head[20] == 0x08


def is_flatbuffer(head: bytes) -> bool:
    """A root table near the start, whose table of fields lies before it and has a plausible size."""
    if len(head) < 16:
        return False
    root = int.from_bytes(head[:4], "little")
    if root % 4 or not 8 <= root <= min(256, len(head) - 4):
        return False
    table = root - struct.unpack_from("<i", head, root)[0]
    if not 4 <= table < root:
        return False
    size, width = struct.unpack_from("<HH", head, table)
    return bool(size % 2 == 0 and 4 <= size <= 128 and table + size <= root and 4 <= width <= 512)


def _field(head: bytes, tag: int) -> bytes:
    """The content of a length-delimited field that a protobuf message begins with; empty if it does not."""
    if head[:1] != bytes([tag]):
        return b""
    size, at, shift = 0, 1, 0
    while at < len(head) and at <= 5:
        size |= (head[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if head[at - 1] < 0x80:
            return head[at : at + size]
    return b""


def _printable(text: bytes) -> bool:
    return bool(text) and all(0x20 <= byte < 0x7F for byte in text)
