"""What is said of a document with a wrong key or value."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from edgeface.reading.invalid import first_invalid


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Inner(Strict):
    height: int = Field(ge=8, le=64)
    order: Literal["rgb", "bgr"] = "bgr"


class Outer(Strict):
    inner: Inner | None = None
    share: float = 0.5
    on: bool = True
    title: str = Field(default="x", min_length=1)
    many: dict[str, Inner] = {}
    sides: tuple[int, ...] = ()

    @field_validator("share")
    @classmethod
    def _small(cls, value: float) -> float:
        if value > 1:
            raise ValueError("must be a share of 1")
        return value


def refused(document):
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate(document)
    return first_invalid(caught.value, Outer)


@pytest.mark.parametrize(
    ("document", "key", "what"),
    [
        ({"inner": {"height": 7}}, "inner.height", "must be at least 8, not 7"),
        ({"inner": {"height": 65}}, "inner.height", "must be at most 64, not 65"),
        ({"inner": {"height": 8.5}}, "inner.height", "must be a whole number, not 8.5"),
        ({"inner": {"height": "tall"}}, "inner.height", "must be a whole number, not 'tall'"),
        ({"inner": {}}, "inner.height", "is missing"),
        ({"inner": 3}, "inner", "must be a table of keys, not 3"),
        ({"inner": {"height": 8, "order": "gbr"}}, "inner.order", "must be 'rgb' or 'bgr', not 'gbr'"),
        ({"share": float("nan")}, "share", "must be a finite number, not nan"),
        ({"share": []}, "share", "must be a number"),
        ({"share": 2}, "share", ": must be a share of 1"),
        ({"on": 7}, "on", "must be true or false, not 7"),
        ({"on": "x" * 99}, "on", f"must be true or false, not '{'x' * 59}…"),
        ({"title": True}, "title", "must be text in quotes, not true"),
        ({"title": ""}, "title", "must have 1 characters or more, not ''"),
        ({"sides": 3}, "sides", "must be a list, not 3"),
    ],
)
def test_a_wrong_value_is_told_in_words_of_documents(document, key, what):
    found = refused(document)
    assert (found.key, found.what) == (key, what)
    assert found.fix("see the page") == "see the page"


@pytest.mark.parametrize(
    ("document", "key", "closest"),
    [
        ({"shares": 1}, "shares", "share"),
        ({"inner": {"height": 8, "hieght": 9}}, "inner.hieght", "height"),
        ({"many": {"a": {"height": 8, "ordre": 9}}}, "many.a.ordre", "order"),
    ],
)
def test_an_unknown_key_names_the_closest_one_and_all_of_its_table(document, key, closest):
    found = refused(document)
    assert (found.key, found.what) == (key, "is not known")
    assert f"did you mean {closest}?" in (found.fix("") or "").partition("known keys")[0]
    assert closest in (found.fix("") or "").partition("known keys")[2]
