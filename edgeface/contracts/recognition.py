"""What a face recognizer's checkpoint does not say about itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from edgeface.contracts.base import BaseContract
from edgeface.contracts.decode_table import Decoders
from edgeface.contracts.frozen import Point
from edgeface.errors import InputError

Template = tuple[Point, Point, Point, Point, Point]
ARCFACE_TEMPLATE: Template = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)
"""Alignment template: eyes, nose and mouth corners in an aligned face of 112×112 pixels (insightface)."""

_ARCFACE, _ARCFACE_PX = "arcface", 112.0


class RecognitionContract(BaseContract):
    """Contract of a face recognizer, which maps an aligned face to an embedding.

    `template` gives the five landmarks in the aligned face, in input pixels; in files also "arcface", insightface's at
    the input's size, with `columns` the first and the last of its 112 columns that the input shows. `width` is the
    dimension of the embedding: [1,width], or any shape of so many numbers. With `flip`, a face's embedding is the sum
    of its own and its mirror image's. Faces are compared by the cosine similarity of their embeddings, which need not
    have unit length; `normalized` documents that the network's have.
    """

    task: Literal["recognition"] = "recognition"
    template: Template = ARCFACE_TEMPLATE
    output: str = "embedding"
    width: int = Field(ge=1, le=8192)
    flip: bool = True
    normalized: bool = False

    @model_validator(mode="before")
    @classmethod
    def _placed(cls, given: Any) -> Any:
        """Read a template by name, at the input's size; and `normalised` in its other spelling."""
        if not isinstance(given, Mapping):
            return given
        document = dict(given)
        if "normalised" in document:
            document.setdefault("normalized", document.pop("normalised"))
        columns = document.pop("columns", None)
        named = document.get("template", _ARCFACE)
        if named != _ARCFACE:
            if isinstance(named, str):
                raise ValueError(f"template is {_ARCFACE!r}, or five points x, y in pixels of the input")
            if columns is not None:
                raise ValueError(f"columns are those of the template {_ARCFACE!r}, not of points")
            return document
        document["template"] = _arcface(*_size(document.get("input")), columns)
        return document

    @model_serializer(mode="wrap")
    def _without_default(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """As older versions wrote it, which did not know `normalized` and `further`."""
        document: dict[str, Any] = write(self)
        new = {"normalized": self.normalized, "further": self.further}
        return {key: value for key, value in document.items() if new.get(key, True)}

    @classmethod
    def as_fields(cls, document: Mapping[str, Any], decoders: Decoders, where: str) -> Mapping[str, Any]:  # noqa: ARG003
        """Table `recognition` as fields, and the one output as the embedding's; raises as the base."""
        fields = {key: value for key, value in document.items() if key not in ("decode", "recognition")}
        table, outputs = document.get("recognition", {}), fields.get("outputs")
        if not isinstance(table, Mapping):
            raise InputError("contract key 'recognition': it is a table", where=where)
        if isinstance(outputs, Mapping) and len(outputs) == 1 and "output" not in fields:
            (fields["output"],) = fields.pop("outputs").values()
        twice = sorted(set(table) & set(fields))
        if twice:
            what = f"contract key {twice[0]!r} stands at the top and in the table [recognition]"
            raise InputError(what, where=where, fix="write it once")
        return {**fields, **table}

    @property
    def network(self) -> tuple[object, ...]:
        """The variant: each one is a different network."""
        return (self.variant,)

    @property
    def output_names(self) -> tuple[str, ...]:
        """The name of the embedding, and of further outputs."""
        return (self.output, *self.further)

    def with_input_size(self, height: int, width: int) -> RecognitionContract:
        """The same contract, for its own size only.

        Raises:
            InputError: another size; a recognizer's weights are trained for one size.
        """
        if (height, width) != (self.input.height, self.input.width):
            raise InputError(
                f"{self.family} takes aligned faces of {self.input.height}×{self.input.width} pixels only",
                where="input size",
                fix="leave out --input",
            )
        return self


def _size(given: Any) -> tuple[float, float]:
    """Height and width of the input as far as they can be read: what they must be is checked elsewhere."""
    if isinstance(given, Mapping):
        sides = given.get("size") or (given.get("height"), given.get("width"))
    else:
        sides = (getattr(given, "height", None), getattr(given, "width", None))
    numbers = [float(s) for s in sides if isinstance(s, int | float)] if isinstance(sides, list | tuple) else []
    return (numbers[0], numbers[1]) if len(numbers) == 2 else (_ARCFACE_PX, _ARCFACE_PX)


def _arcface(height: float, width: float, columns: Sequence[float] | None) -> Any:
    """The template of insightface in pixels of an input: its rows fill the height, its middle columns the width."""
    if (height, width) == (_ARCFACE_PX, _ARCFACE_PX) and columns is None:
        return ARCFACE_TEMPLATE
    half = _ARCFACE_PX / 2 * width / height if height else 0.0
    first, last = (_ARCFACE_PX / 2 - half, _ARCFACE_PX / 2 + half) if columns is None else _ends(columns)
    return tuple(
        (round((x - first) * width / (last - first), 4), round(y * height / _ARCFACE_PX, 4))
        for x, y in ARCFACE_TEMPLATE
    )


def _ends(columns: Any) -> tuple[float, float]:
    fit = isinstance(columns, list | tuple) and len(columns) == 2
    if not fit or not all(isinstance(c, int | float) and -1e3 <= c <= 1e3 for c in columns) or columns[0] >= columns[1]:
        raise ValueError("columns are two numbers, the first and the last column of the template, e.g. [0, 112]")
    return float(columns[0]), float(columns[1])
