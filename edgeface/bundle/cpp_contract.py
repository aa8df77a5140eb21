"""The contracts of a bundle's networks as a C++ header, in the words of edgeface_face.hpp."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from edgeface.bundle.face_runner.contract import decoding_of
from edgeface.bundle.face_runner.ncnn_network import NcnnNetwork
from edgeface.bundle.face_runner.open_network import model_files, open_network
from edgeface.bundle.face_runner.settings import tasks_of

if TYPE_CHECKING:
    from edgeface.bundle.face_runner.open_network import AnyNetwork

_TOP = """// Written by `edgeface bundle`: the networks of this bundle, in the words of edgeface_face.hpp.
#ifndef FACE_CONTRACT_HPP_
#define FACE_CONTRACT_HPP_

#include <memory>
#include <string>
#include <vector>

#include "edgeface_face.hpp"

namespace face_contract {
"""
_END = """
}  // namespace face_contract

#endif
"""


def cpp_contract(files: Mapping[str, bytes]) -> bytes:
    """The header face_contract.hpp, from a bundle's settings and networks.

    Raises:
        RunnerError: the runtime does not load a network.
    """
    settings = json.loads(files["bundle.json"])
    networks = {task: open_network(files, settings[task]["model"]) for task in tasks_of(settings)}
    lines = [f"inline constexpr int threads = {settings['device']['threads']};"]
    lines += _detector(settings, networks["detector"])
    lines += _recognizer(settings, networks.get("recognizer"))
    for task in ("detector", "recognizer"):
        lines += _opening(task, settings, networks.get(task), files)
    return "\n".join([_TOP, *lines, _END]).encode("ascii")


def _detector(settings: Mapping[str, Any], network: AnyNetwork) -> list[str]:
    contract = settings["detector"]["contract"]
    decoding = decoding_of(contract)
    roles = decoding.decoder.expected(decoding.height, decoding.width)
    shapes = {decoding.names[role]: shape for role, shape in roles.items()}
    return [
        "",
        f"inline constexpr float face_threshold = {_float(settings['thresholds']['face'])};",
        f"inline constexpr float max_iou = {_float(contract['nms_iou'])};",
        _input("detector", contract["input"], network),
        _outputs("detector", {name: shape[1] * shape[2] for name, shape in shapes.items()}, network),
        DECODERS[contract.get("decoder", "ssd")](decoding.decoder),
    ]


def _recognizer(settings: Mapping[str, Any], network: AnyNetwork | None) -> list[str]:
    """The recognizer's declarations; of a bundle without one they stand empty, so that the same program compiles."""
    if network is None:
        return [
            "",
            "inline constexpr double match_threshold = 2;  // there is no recognizer",
            "inline constexpr bool flip = false;",
            "inline const edgeface::Template alignment{};",
            "inline const edgeface::Input recognizer_input{};",
            "inline const std::vector<edgeface::Output> recognizer_outputs{{}};",
        ]
    contract = settings["recognizer"]["contract"]
    points = ", ".join(f"{{{float(x)!r}, {float(y)!r}}}" for x, y in contract["template"])
    return [
        "",
        f"inline constexpr double match_threshold = {float(settings['thresholds']['match'])!r};",
        f"inline constexpr bool flip = {_bool(contract['flip'])};",
        f"inline const edgeface::Template alignment{{{{{points}}}}};",
        _input("recognizer", contract["input"], network),
        _outputs("recognizer", {contract["output"]: contract["width"]}, network),
    ]


def _input(task: str, spec: Mapping[str, Any], network: AnyNetwork) -> str:
    stretch, planar = spec.get("fit") == "stretch", isinstance(network, NcnnNetwork)
    return (
        f"inline const edgeface::Input {task}_input{{\n    {spec['height']}, {spec['width']}, "
        f"edgeface::Color::{spec['colour']}, {_floats(spec['mean'])}, {_floats(spec['scale'])},\n    "
        f"{_bool(stretch)}, {_bool(planar)}, {_storage(network.storage()[0])}}};"
    )


def _outputs(task: str, counts: Mapping[str, int], network: AnyNetwork) -> str:
    names = network.blobs()[1] if isinstance(network, NcnnNetwork) else {name: name for name in counts}
    stored = network.output_storage()
    rows = [f"    {{{json.dumps(names[name])}, {count}, {_storage(stored[name])}}}" for name, count in counts.items()]
    return f"inline const std::vector<edgeface::Output> {task}_outputs{{\n" + ",\n".join(rows) + "};"


def _opening(
    task: str, settings: Mapping[str, Any], network: AnyNetwork | None, files: Mapping[str, bytes]
) -> list[str]:
    """The function that opens a network from the folder `models`; a null pointer for a recognizer that is not there."""
    if network is None:
        body = "(const std::string &) {\n  return nullptr;"
    else:
        model = settings[task]["model"]
        name = json.dumps(model.rpartition("/")[2])
        given = [f"folder + {name}", f"{task}_input", f"{task}_outputs", "threads"]
        if isinstance(network, NcnnNetwork):
            weights = len(files[model_files(model)[1]])
            given.append(f"{{{json.dumps(network.blobs()[0])}, {_bool(network.is_bfloat16())}, {weights}}}")
        made = f"new Network({', '.join(given)})"
        body = f"(const std::string &folder) {{\n  return std::unique_ptr<Network>({made});"
    return ["", "template <class Network>", f"std::unique_ptr<Network> open_{task}{body}", "}"]


def _storage(stored: Mapping[str, Any]) -> str:
    if stored["scale"] is None:
        return "{edgeface::Kind::float32}"
    return f"{{edgeface::Kind::{stored['dtype']}, {_float(stored['scale'])}, {stored['zero_point']}}}"


def _ssd(found: Any) -> str:
    pairs = [[side if isinstance(side, tuple) else (side, side) for side in sizes] for sizes in found.sizes]
    sizes = _list(_list(_list(map(repr, map(float, pair))) for pair in level) for level in pairs)
    return (
        f"inline const edgeface::Ssd decoder{{\n    {_list(map(str, found.strides))}, {sizes}, "
        f"{_floats(found.variances)},\n    {found.landmarks}, {found.columns}, {found.background}, "
        f"edgeface::Ssd::Score::{found.score.replace('-', '_')}, edgeface::Ssd::Box::{found.box}}};"
    )


def _scrfd(found: Any) -> str:
    flags = [found.maps == "floor", found.units == "stride", found.score == "sigmoid"]
    return (
        f"inline const edgeface::Scrfd decoder{{{_list(map(str, found.strides))}, {found.per_cell}, "
        f"{_float(found.offset)}, {', '.join(map(_bool, flags))}, {found.landmarks}}};"
    )


def _yunet(found: Any) -> str:
    flags = [found.maps == "floor", found.score == "sigmoid"]
    return (
        f"inline const edgeface::YuNet decoder{{{_list(map(str, found.strides))}, {_float(found.offset)}, "
        f"{', '.join(map(_bool, flags))}, {found.landmarks}}};"
    )


DECODERS: Mapping[str, Callable[[Any], str]] = {"ssd": _ssd, "scrfd": _scrfd, "yunet": _yunet}
"""Declarations of the decoders that edgeface_face.hpp has, by their names."""


def _list(items: Iterable[str]) -> str:
    return "{" + ", ".join(items) + "}"


def _floats(values: Iterable[float]) -> str:
    return _list(map(_float, values))


def _float(value: float) -> str:
    return f"{float(value)!r}f"


def _bool(value: Any) -> str:
    return "true" if value else "false"
