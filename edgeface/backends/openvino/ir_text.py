"""IR as text: names that do not depend on what the process did before, layers marked as precise, and metadata."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from itertools import accumulate
from xml.etree import ElementTree

from edgeface.backends.openvino.kernels import prefer_kernels

UNMARKED = frozenset({"Parameter", "Const", "Result"})
PRECISE = {"name": "precise", "version": "0"}
"""The attribute of a layer that must be computed in float32, as OpenVINO itself writes it."""
SECTION = "edgeface"
_MADE_UP = re.compile(r"[A-Za-z]+\d*_\d+(\D.*)?")


def canonical(text: bytes, names: Collection[str], metadata: Mapping[str, str], sloped: Collection[str] = ()) -> bytes:
    """The same network, so written that equal networks have equal bytes, and that float layers stay in float32.

    OpenVINO names what its reader adds after a counter of the process, so a second export would differ from the first.
    On processors with bfloat16 it computes float layers in it, unless the program that loads the file asks for float32;
    layers marked as precise are in float32 without being asked.

    Args:
        text: the .xml file as OpenVINO writes it.
        names: the network's own, which stay.
        metadata: texts by name, stored where `model.get_rt_info(["edgeface", name])` finds them.
        sloped: results of convolutions whose kernel is chosen.
    """
    root = ElementTree.fromstring(text)
    prefer_kernels(root, sloped)
    layers = root.findall("layers/layer")
    known, seen = set(names) | {layer.attrib["name"] for layer in layers}, Counter[str]()
    for layer in layers:
        kind, name = layer.attrib["type"], layer.attrib["name"]
        if _MADE_UP.fullmatch(name) and not _is_own(name, names):
            layer.attrib["name"] = _next(kind, known, seen)
        _note(layer, kind not in UNMARKED)
    _store(root, metadata)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _is_own(name: str, names: Collection[str]) -> bool:
    """Whether a name is one of the network's, or begins with one, as OpenVINO derives names: "conv/WithoutBiases"."""
    return any(part in names for part in accumulate(name.split("/"), "{}/{}".format))


def _next(kind: str, known: Collection[str], seen: Counter[str]) -> str:
    while True:
        found = f"{kind}/{seen[kind]}"
        seen[kind] += 1
        if found not in known:
            return found


def _note(layer: ElementTree.Element, precise: bool) -> None:
    """Mark a layer, and drop what OpenVINO notes of the layers that became it: it names some after the counter."""
    notes = layer.find("rt_info")
    if notes is None:
        notes = ElementTree.SubElement(layer, "rt_info")
    for note in notes.findall("attribute[@name='fused_names']"):
        notes.remove(note)
    if precise:
        ElementTree.SubElement(notes, "attribute", PRECISE)
    if not len(notes):
        layer.remove(notes)


def _store(root: ElementTree.Element, metadata: Mapping[str, str]) -> None:
    notes = root.find("rt_info")
    if notes is None:
        notes = ElementTree.SubElement(root, "rt_info")
    section = ElementTree.SubElement(notes, SECTION)
    for name, value in sorted(metadata.items()):
        ElementTree.SubElement(section, name, {"value": value})
