"""Graphs of networks that no fit has seen: int8 and float32 twins of the given ones.

ncnn's benchmark has many networks twice, and in int8 the graphs differ in one parameter of convolutions and dense
layers: 102 (101 where depthwise) where every reader is a convolution in int8 too, so that values stay int8 in between,
and otherwise 2 (1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

INT8_TWINS = ("squeezenet", "resnet18", "resnet50")
FLOAT_TWINS = ("googlenet_int8", "mobilenet_ssd_int8")
"""Given graphs whose twins are in no fit."""
_COMPUTED = ("Convolution", "ConvolutionDepthWise", "InnerProduct")


def write_twins(given: Path, folder: Path) -> list[Path]:
    """The twins' graphs, written into a folder.

    Args:
        given: the folder of the given graphs.
        folder: it is made if it does not exist.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts = {f"{name}_int8": as_int8((given / f"{name}.param").read_text("utf-8")) for name in INT8_TWINS}
    texts |= {
        name.removesuffix("_int8"): as_float((given / f"{name}.param").read_text("utf-8")) for name in FLOAT_TWINS
    }
    paths = [folder / f"{name}.param" for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, encoding="utf-8")
    return paths


def as_float(graph: str) -> str:
    """The graph without int8."""
    return "".join(
        re.sub(r" 8=\d+", "", line) if line.startswith(_COMPUTED) else line for line in graph.splitlines(keepends=True)
    )


def as_int8(graph: str) -> str:
    """The graph with convolutions and dense layers in int8."""
    lines = graph.splitlines()
    layers = [line.split() for line in lines[2:]]
    readers: dict[str, list[list[str]]] = {}
    for layer in layers:
        for blob in _reads(layer):
            readers.setdefault(blob, []).append(layer)
    made = [_with_term(line, layer, readers) for line, layer in zip(lines[2:], layers, strict=True)]
    return "\n".join([*lines[:2], *made]) + "\n"


def _with_term(line: str, layer: list[str], readers: dict[str, list[list[str]]]) -> str:
    kind = layer[0]
    if kind not in _COMPUTED:
        return line
    ends = list(_readers(_writes(layer)[0], readers))
    stays = kind != "InnerProduct" and ends and all(end.startswith("Convolution") for end in ends)
    term = (1 if kind == "ConvolutionDepthWise" else 2) + (100 if stays else 0)
    head, activation, tail = line.partition(" 9=")
    return f"{head} 8={term}{activation}{tail}"


def _readers(blob: str, readers: dict[str, list[list[str]]]) -> Iterator[str]:
    """The kinds of layers that read a blob, also through Split, which copies nothing."""
    for layer in readers.get(blob, []):
        if layer[0] == "Split":
            for copy in _writes(layer):
                yield from _readers(copy, readers)
        else:
            yield layer[0]


def _reads(layer: list[str]) -> list[str]:
    return layer[4 : 4 + int(layer[2])]


def _writes(layer: list[str]) -> list[str]:
    first = 4 + int(layer[2])
    return layer[first : first + int(layer[3])]
