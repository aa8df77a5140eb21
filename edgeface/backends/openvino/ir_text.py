"""IR as text: names that do not depend on what the process did before, layers marked as precise, and metadata."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from xml.etree import ElementTree

UNMARKED = frozenset({"Parameter", "Const", "Result"})
PRECISE = {"name": "precise", "version": "0"}
"""The attribute of a layer that must be computed in float32, as OpenVINO itself writes it."""
SECTION = "edgeface"


def canonical(text: bytes, metadata: Mapping[str, str]) -> bytes:
    """The same network, so written that equal networks have equal bytes.

    OpenVINO names what its reader adds after a counter of the process, so the second export would differ from the
    first. On processors with bfloat16 it computes float layers in it, unless the program that loads the file asks for
    float32; layers marked as precise are in float32 everywhere, without being asked.

    Args:
        text: the .xml file as OpenVINO writes it.
        metadata: texts by name, stored where `model.get_rt_info(["edgeface", name])` finds them.
    """
    root = ElementTree.fromstring(text)
    seen: Counter[str] = Counter()
    for layer in root.iterfind("layers/layer"):
        kind, name = layer.attrib["type"], layer.attrib["name"]
        if name.rpartition("_")[0] == _class_of(kind) and name.rpartition("_")[2].isdigit():
            layer.attrib["name"] = f"{kind}/{seen[kind]}"
            seen[kind] += 1
        if kind not in UNMARKED:
            _mark(layer)
    _store(root, metadata)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _class_of(kind: str) -> str:
    """The name of a type in names that OpenVINO makes up."""
    return {"Const": "Constant"}.get(kind, kind)


def _mark(layer: ElementTree.Element) -> None:
    notes = layer.find("rt_info")
    if notes is None:
        notes = ElementTree.SubElement(layer, "rt_info")
    ElementTree.SubElement(notes, "attribute", PRECISE)


def _store(root: ElementTree.Element, metadata: Mapping[str, str]) -> None:
    notes = root.find("rt_info")
    if notes is None:
        notes = ElementTree.SubElement(root, "rt_info")
    section = ElementTree.SubElement(notes, SECTION)
    for name, value in sorted(metadata.items()):
        ElementTree.SubElement(section, name, {"value": value})
