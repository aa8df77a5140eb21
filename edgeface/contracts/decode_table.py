"""The table `[decode]` of a contract file, which has the words of all detectors, as a decoder's parameters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from edgeface.errors import InputError, did_you_mean

Decoders = Mapping[str, Collection[str]]
"""The parameters of each decoder."""

SSD = "ssd"
"""The default decoder."""

NEUTRAL: Mapping[str, Any] = {
    "per_cell": 1,
    "offset": 0.0,
    "maps": "ceil",
    "units": "stride",
    "variances": [0.1, 0.2],
    "anchors": [],
    "background": 0,
    "score": "as-is",
}
"""What `[decode]` may say of any detector: a decoder that has no such parameter takes these values only."""

_BOXES: Mapping[str, tuple[str, ...]] = {
    "ssd": (SSD, "ultraface", "yunet_2021"),
    "distance": ("scrfd",),
    "corners": ("ultraface",),
    "centre-exp": ("yunet",),
    "center-exp": ("yunet",),
    "heat": ("centerface",),
    "pixels": ("blazeface",),
    "yolo5": ("yolo5_face",),
    "dfl": ("yolo8_face",),
}
"""Decoders by their kind of boxes; the usual one first."""

_PARAMETERS = ("decode", "parameters", "anchors")


def decode_as_fields(document: Mapping[str, Any], decoders: Decoders, where: str) -> Mapping[str, Any]:
    """A detector's document with its decoder named, and only parameters that the decoder has.

    Args:
        document: of a contract file.
        decoders: parameters of the known decoders by name; empty if none is to be checked.
        where: the file.

    Raises:
        InputError: a key is no parameter of the decoder.
    """
    name = next((key for key in _PARAMETERS if key in document), None)
    table = document[name] if name is not None else {}
    if not isinstance(table, Mapping):
        return document  # refused by its type
    decoder = document.get("decoder") or _decoder(document.get("family"), table, decoders)
    found = {**document, "decoder": decoder}
    if name is not None:
        found[name] = _known(dict(table), decoder, decoders, f"{where}: [{name}]")
    return found


def _decoder(family: Any, table: Mapping[str, Any], decoders: Decoders) -> str:
    """The decoder of a contract that names none: its family's, or that of its kind of boxes, or the default."""
    if isinstance(family, str) and family in decoders:
        return family
    box = table.get("box")
    return _BOXES[box][0] if isinstance(box, str) and box in _BOXES else SSD


def _known(table: dict[str, Any], decoder: Any, decoders: Decoders, where: str) -> dict[str, Any]:
    """The table with what the decoder has a parameter for."""
    if not isinstance(decoder, str) or decoder not in decoders:  # refused by its type, or as unknown
        return table
    wanted = decoders[decoder]
    if table.get("anchors") and "anchors" not in wanted and "sizes" in wanted:
        table.setdefault("sizes", table.pop("anchors"))
    for key in sorted(set(table).difference(wanted)):
        value = table.pop(key)
        neutral = key in NEUTRAL and value == NEUTRAL[key]
        if key == "box" and isinstance(value, str) and value in _BOXES:
            neutral = decoder in _BOXES[value]
        if not neutral:
            raise InputError(
                f"contract key {key!r}: the decoder {decoder} has no such parameter"
                + (f" with the value {value!r}" if key == "box" or key in NEUTRAL else ""),
                where=where,
                fix=f"{did_you_mean(key, wanted)}its parameters: {', '.join(wanted)}",
            )
    return table
