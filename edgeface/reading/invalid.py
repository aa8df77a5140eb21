"""What a document of a user has wrong, in our words: pydantic's speak of inputs and types, not of keys and tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from edgeface.errors import did_you_mean

_SHOWN = 60
_SCALARS = (str, int, float, bool)
_UNKNOWN = "extra_forbidden"
_SAY = ("value_error", "assertion_error")
"""Kinds whose words are our own: a validator raised them."""

_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "missing": "is missing",
        _UNKNOWN: "is not known",
        **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), "must be a whole number"),
        **dict.fromkeys(("float_type", "float_parsing"), "must be a number"),
        **dict.fromkeys(("bool_type", "bool_parsing"), "must be true or false"),
        "string_type": "must be text in quotes",
        **dict.fromkeys(("list_type", "tuple_type", "set_type", "iterable_type"), "must be a list"),
        **dict.fromkeys(("dict_type", "mapping_type", "model_type", "dataclass_type"), "must be a table of keys"),
        "greater_than_equal": "must be at least {ge}",
        "greater_than": "must be more than {gt}",
        "less_than_equal": "must be at most {le}",
        "less_than": "must be less than {lt}",
        "multiple_of": "must be a multiple of {multiple_of}",
        "finite_number": "must be a finite number",
        "literal_error": "must be {expected}",
        "string_too_short": "must have {min_length} characters or more",
        "string_too_long": "must have {max_length} characters or less",
        "too_short": "must have {min_length} items or more",
        "too_long": "must have {max_length} items or less",
        "union_tag_invalid": "must be one of {expected_tags}",
        "union_tag_not_found": "is missing",
    }
)
_VALUELESS = ("missing", "union_tag_not_found", _UNKNOWN)


@dataclass(frozen=True)
class Invalid:
    """The first thing that is wrong with a document.

    Attributes:
        key: where it is, as in "quantize.ranges.method"; empty for the whole document.
        what: a predicate, as in "must be at least 8, not 7"; or a sentence of a validator's own, behind a colon.
        allowed: the keys that may stand at its place; empty where it is not the key that is wrong.
    """

    key: str
    what: str
    allowed: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """Key and predicate, as in "'input.height' must be at least 8, not 7"."""
        return f"{self.key or 'the whole'!r}{'' if self.what.startswith(':') else ' '}{self.what}"

    def fix(self, otherwise: str | None) -> str | None:
        """What to do: the closest known key and all of them, or `otherwise`."""
        if not self.allowed:
            return otherwise
        return f"{did_you_mean(self.key.rpartition('.')[2], self.allowed)}known keys: {', '.join(self.allowed)}"


def first_invalid(error: ValidationError, model: type[BaseModel] | None = None, leave_out: int = 0) -> Invalid:
    """The first error of a validation.

    Args:
        error: pydantic's.
        model: what the document was read as; tells the keys that are known where one is not.
        leave_out: how many parts of the location are no keys of the document, but names of the alternatives of a union.
    """
    found = error.errors()[0]
    place = found["loc"][leave_out:]
    unknown = found["type"] == _UNKNOWN and model is not None
    allowed = tuple(_keys_at(model, place[:-1])) if unknown else ()
    return Invalid(".".join(map(str, place)), _predicate(found), allowed)


def told_of(found: ErrorDetails, key: str) -> str:
    """What is wrong with the value of a key, as `Invalid.told` says it."""
    return Invalid(key, _predicate(found)).told


def _predicate(found: ErrorDetails) -> str:
    words = words_of(found)
    return f": {words}" if found["type"] in _SAY else words


def words_of(found: ErrorDetails) -> str:
    """What is wrong with a value: a predicate, or a validator's own words."""
    kind, context = found["type"], found.get("ctx", {})
    if kind in _SAY and "error" in context:
        return str(context["error"])
    if kind not in _WORDS:
        return found["msg"][:1].lower() + found["msg"][1:]
    said = _WORDS[kind].format_map(context)
    value = found["input"]
    if kind in _VALUELESS or not isinstance(value, _SCALARS):
        return said
    shown = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
    return f"{said}, not {shown if len(shown) <= _SHOWN else shown[:_SHOWN] + '…'}"


def _keys_at(kind: Any, place: Sequence[int | str]) -> Iterable[str]:
    """The keys of the table at a place in a document that is read as a model; empty where its keys are free."""
    for key in place:
        kind = _inner(kind, key)
    for each in (kind, *get_args(kind)):
        if isinstance(each, type) and issubclass(each, BaseModel):
            return [field.alias or name for name, field in each.model_fields.items()]
    return ()


def _inner(kind: Any, key: int | str) -> Any:
    """The type of what a type holds under a key."""
    if get_origin(kind) is Annotated:
        return _inner(get_args(kind)[0], key)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        field = kind.model_fields.get(str(key))
        return None if field is None else field.annotation
    arguments = get_args(kind)
    if get_origin(kind) in (dict, Mapping):
        return arguments[1]
    if get_origin(kind) in (list, tuple):
        return arguments[0]
    return next((inner for each in arguments if (inner := _inner(each, key)) is not None), None)
