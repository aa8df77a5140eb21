"""Formats of files that are given where another one is wanted: told by their first bytes, and named in errors.

A suffix decides only between formats whose first bytes are equal. Nothing here reads more than a few KiB.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Collection
from pathlib import Path

from edgeface.core.file_kind_bytes import (
    is_caffe_weights,
    is_core_ml,
    is_flatbuffer,
    is_frozen_graph,
    is_onnx,
    is_paddle,
    is_plain_weights,
    is_safetensors,
    is_saved_model,
    is_whole_module,
)
from edgeface.core.file_kind_table import FOLDERS, FileKind, kind_named
from edgeface.errors import InputError
from edgeface.reading.kinds import ANY
from edgeface.reading.regular_file import is_there, open_file

HEAD_BYTES = 4096
"""Bytes of a file's beginning that tell every format here."""

MODELS = frozenset({"onnx", "tflite", "engine", "ncnn-param", "openvino"})
CHECKPOINTS = frozenset({"torch", "torch-old", "safetensors"})
_TAIL_BYTES = 64 << 10
_MNN_TABLES = b" \0\0\0\x1c\0$\0"
"""Where MNN's root table begins, and the sizes of its table of fields and of itself, as MNN 3 writes them."""
_TORCH_NUMBER = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""The number with which torch's first format begins, as pickled."""

_MAGICS: tuple[tuple[int, bytes, str], ...] = (
    (4, b"TFL3", "tflite"),
    (0, b"ftrt", "engine"),
    (0, b"ptrt", "engine"),
    (0, b"vtrt", "engine"),
    (0, b"\x89HDF\r\n\x1a\n", "hdf5"),
    (0, b"RKNN", "rknn"),
    (0, b"CYPTRKNN", "rknn"),
    (0, b"VPMN", "nbg"),
    (0, b"7767517", "ncnn-param"),
    (0, b"\xdd\x85\x76\x00", "ncnn-param"),
    (0, b"\x47\x6b\x30\x01", "ncnn-weights"),
    (0, b"\x38\x4b\x0d\x00", "ncnn-weights"),
    (4, b"ORTM", "ort"),
    (4, b"ET12", "executorch"),
    (4, b"MSL1", "mindspore"),
    (4, b"MSL2", "mindspore"),
    (4, b"CIR0", "circle"),
    (0, b"LDMK", "kmodel"),
    (0, b"CviModel", "cvimodel"),
    (0, b"\xee\xaa\x55\xff", "bmodel"),
    (0, b"IMOD", "ascend"),
    (0, b"\x01HEF", "hailo"),
    (0, b"GGUF", "gguf"),
    (0, b"\x93NUMPY", "numpy"),
    (0, b"\x1f\x8b", "gzip"),
    (0, b"BZh", "bzip2"),
    (0, b"\xfd7zXZ\x00", "xz"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"),
    (0, b"Rar!", "rar"),
    (257, b"ustar", "tar"),
    (0, b"version https://git-lfs.", "git-lfs"),
    (0, b"\xff\xd8\xff", "image"),
    (0, b"\x89PNG\r\n\x1a\n", "image"),
    (0, b"\x7fELF", "library"),
    (0, b"%PDF-", "pdf"),
)
_TEXTS: tuple[tuple[bytes, str], ...] = (
    (rb"\A\s*(<\?xml[^>]*>\s*)?<net\b", "openvino"),
    (rb"\A\s*(<!doctype html|<html\b)", "html"),
    (rb'\A\s*\{\s*"base_code"\s*:\s*\{\s*"magic"\s*:\s*"pir"', "paddle"),
    (rb'\A\s*"1 \d+ 1 4206624770 ?,', "tnn"),
    (rb"\A\s*name\s*:\s*\"[^\"\n]*\"\s*(input|force_backward)\b", "prototxt"),
    (rb"^[ \t]*(layers?|layer_param)[ \t]*\{", "prototxt"),
    (rb"\A\s*node\s*\{\s*name\s*:", "frozen-text"),
    (rb"\A\s*[\[{]\s*[\"\[{\]}0-9]", "json"),
)
_TEXT_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE | re.MULTILINE), key) for pattern, key in _TEXTS)
_BINARY: tuple[tuple[Callable[[bytes], bool], str], ...] = (
    (is_safetensors, "safetensors"),
    (is_saved_model, "saved-model-file"),
    (is_core_ml, "core-ml"),
    (is_onnx, "onnx"),
    (is_paddle, "paddle"),
    (is_caffe_weights, "caffemodel"),
    (is_frozen_graph, "frozen-graph"),
    (is_plain_weights, "paddle-weights"),
)


def describe_other_format(head: bytes, path: Path, reads: Collection[str] = ()) -> str | None:
    """The name of a file's format, for "this is …", if it is a known one that the caller does not read.

    Args:
        head: the file's first bytes, `HEAD_BYTES` or all there are.
        path: the file, for its suffix and, of an archive, its end; it need not exist.
        reads: keys of the formats that the caller reads, as in `MODELS` and `CHECKPOINTS`.
    """
    kind = recognize(head, path)
    return None if kind is None or kind.key in reads else kind.name


def recognize(head: bytes, path: Path) -> FileKind | None:
    """The format of a file by its first bytes; None if no known one fits.

    Args:
        head: as for `describe_other_format`.
        path: as for `describe_other_format`.
    """
    if not head:
        return kind_named("empty")
    for at, magic, key in _MAGICS:
        if head[at : at + len(magic)] == magic:
            return kind_named(key)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return kind_named(_archived(head, path))
    if head.startswith((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")):
        return kind_named(_pickled(head))
    found = next((key for fits, key in _BINARY if fits(head)), None)
    if found is None and is_flatbuffer(head):
        mnn = path.suffix == ".mnn" or head.startswith(_MNN_TABLES) or b"MNN" in head
        found = "mnn" if mnn else "flatbuffer"
    if found is None and b"\0" not in head:
        found = next((key for pattern, key in _TEXT_PATTERNS if pattern.search(head)), None)
    return None if found is None else kind_named(found)


def recognize_folder(path: Path) -> FileKind | None:
    """The format of a folder, by the files that it must contain; None if no known one fits."""
    for key, names in FOLDERS:
        if all(is_there(path / name) for name in names):
            return kind_named(key)
    return None


def kind_of(path: Path) -> FileKind | None:
    """The format of a file or folder; None if no known one fits, or if it cannot be read.

    Pipes and devices are not opened.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return recognize_folder(path)
        return recognize(_read(path, 0, HEAD_BYTES), path) if stat.S_ISREG(mode) else None
    except (OSError, InputError):
        return None


def refuse_other(path: Path, reads: Collection[str], error: type[InputError] = InputError) -> str | None:
    """Refuse a file or folder of a known format that is not among `reads`; an unknown one passes.

    Returns:
        The key of the format, None for an unknown one.

    Raises:
        InputError: it names the format, and says how to get from it to one that is read; of the type `error`.
    """
    kind = kind_of(path)
    if kind is not None and kind.key not in reads:
        raise error(f"this is {kind.name}", where=str(path), fix=kind.fix(weights="torch" in reads))
    return None if kind is None else kind.key


def _pickled(head: bytes) -> str:
    if is_whole_module(head):
        return "whole-module"
    return "torch-old" if _TORCH_NUMBER in head[:32] else "pickle"


def _archived(head: bytes, path: Path) -> str:
    """The format of a zip archive, by the names in its directory, which stands at its end."""
    try:
        size = path.stat().st_size
        names = _read(path, max(0, size - _TAIL_BYTES), _TAIL_BYTES)
    except (OSError, InputError):
        names = b""
    names += head
    for name, key in (
        (b"/constants.pkl", "torchscript"),
        (b"model.weights.h5", "keras"),
        (b"dlc.metadata", "dlc"),
        (b"models/model.json", "torch-export"),
        (b"serialized_exported_program.json", "torch-export"),
        (b"com.apple.CoreML", "core-ml"),
        (b"saved_model.pb", "saved-model-zip"),
    ):
        if name in names:
            return key
    if b"data.pkl" in names:
        return "whole-module" if is_whole_module(head) else "torch"
    return "npz" if b".npy" in names else "zip"


def _read(path: Path, start: int, size: int) -> bytes:
    with open_file(path, ANY) as stream:
        stream.seek(start)
        return stream.read(size)
