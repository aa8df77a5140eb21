"""Checkpoints parts of which lie: the header of safetensors; entries and pickle of torch's archive."""

from __future__ import annotations

import io
import json
import struct
import zipfile

from tests.hostile.damage import damaged
from tests.hostile.draw import Draw
from tests.hostile.values import json_bytes, lied


def header_lies(draw: Draw, data: bytes) -> tuple[bytes, str]:
    """Safetensors: names, types, shapes and offsets in the header, or its length."""
    (length,) = struct.unpack_from("<Q", data)
    header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
    if draw.chance(0.2):
        number = draw.one((0, 1, length - 1, length + 1, len(data), 1 << 31, 1 << 62, (1 << 64) - 1))
        return struct.pack("<Q", number) + data[8:], f"a header of {number} bytes"
    changed, note = lied(draw, header)
    text = json_bytes(changed)
    return struct.pack("<Q", len(text)) + text + body, f"header: {note}"


def archive_lies(draw: Draw, data: bytes) -> tuple[bytes, str]:
    """Torch's archive with other entries: their names, number, method, sizes or content."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = [(info.filename, archive.read(info)) for info in archive.infolist()]
    place = draw.below(len(entries))
    name, content = entries[place]
    pickled = next(i for i, (entry, _) in enumerate(entries) if entry.endswith("data.pkl"))
    method, note = zipfile.ZIP_STORED, ""
    act = draw.below(9)
    if act < 4:
        place = pickled
        entries[place] = (entries[place][0], _pickle_lies(draw, entries[place][1]))
        note = "the pickle lies"
    elif act == 4:
        del entries[place]
        note = f"no {name}"
    elif act == 5:
        other = draw.one(("../escaped", "/absolute", "", "x" * 300, "a/data.pkl", "\x1b[31m", "archive/data/99"))
        entries[place] = (other, content)
        note = f"{name} is called {other[:12]!r}"
    elif act == 6:
        entries[place] = (name, draw.one((b"", content[:7], content * 3, b"\0" * (1 << 22))))
        method = draw.one((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
        note = f"{name} has another size"
    elif act == 7:
        entries.append((name, draw.bytes(40)))
        note = f"{name} twice"
    elif draw.chance(0.1):
        entries[place] = (name, bytes(100 << 20))
        method, note = zipfile.ZIP_DEFLATED, f"{name} is far larger than the file"
    else:
        method, note = zipfile.ZIP_DEFLATED, "compressed"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compresslevel=1) as archive:
        for entry, written in entries:
            archive.writestr(zipfile.ZipInfo(entry), written, method)
    return stream.getvalue(), note


def _pickle_lies(draw: Draw, data: bytes) -> bytes:
    """Names, numbers and opcodes of the pickle, replaced by others of the same length where offsets matter little."""
    swaps = (
        (
            b"FloatStorage",
            draw.one((b"DoubleStorage", b"ComplexFloatStorage", b"BoolStorage", b"Storage", b"HalfStorage")),
        ),
        (b"torch._utils", draw.one((b"builtins", b"os", b"torch.nn"))),
        (
            b"_rebuild_tensor_v2",
            draw.one((b"_rebuild_parameter", b"_rebuild_sparse_tensor", b"_rebuild_qtensor", b"eval")),
        ),
        (b"OrderedDict", b"Counter"),
        (b"storage", b"elsewhere"),
        (b"cpu", draw.one((b"cuda:0", b"meta", b"", b"\x1b[31m"))),
        (b"conv.weight", draw.one((b"", b"conv.bias", b"\x1b[2J", b"\xff\xfe", b"a" * 300))),
    )
    if draw.chance(0.4):
        old, new = draw.one(swaps)
        return data.replace(b"X" + struct.pack("<I", len(old)) + old, b"X" + struct.pack("<I", len(new)) + new).replace(
            b"\n" + old + b"\n", b"\n" + new + b"\n"
        )
    numbers = [at for at in range(len(data) - 2) if data[at : at + 1] == b"K"]
    if numbers and draw.chance(0.7):
        for at in draw.some(numbers, 1 + draw.below(2)):
            wide = b"J" + struct.pack("<i", draw.one((-1, -(1 << 31), (1 << 31) - 1, 1 << 20, 1 << 28, 0)))
            data = (
                data[:at]
                + draw.one((b"K" + bytes([draw.below(256)]), wide, b"N", b"G" + b"\x7f\xf8" + bytes(6)))
                + data[at + 2 :]
            )
        return data
    return damaged(draw, data)[0]
