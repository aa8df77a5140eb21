"""Budgets: limits on a model's cost, their sources, and the input size for the check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from edgeface.budgets.metrics import SIGNS, Metric, Relation
from edgeface.budgets.quantity import read_quantity


def _one_line(text: str) -> str:
    """The text with line breaks as spaces; other control characters, which could affect terminals, are rejected."""
    text = " ".join(text.split())
    if not text.isprintable():
        raise ValueError("the text contains control characters")
    return text


Text = Annotated[str, AfterValidator(_one_line), Field(max_length=2000)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Side = Annotated[int, Field(ge=1, le=8192)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Source(_Strict):
    """The source of a limit. `secondary`: the document reports the rule, but is not the rule itself."""

    document: Text
    section: Text = ""
    url: Text = ""
    secondary: bool = False


class Limit(_Strict):
    """Limits of a metric, in its unit: above by `at_most` or `below`, below by `at_least`."""

    metric: Metric
    at_most: int | None = None
    below: int | None = None
    at_least: int | None = None
    why: Text = ""

    @field_validator("at_most", "below", "at_least", mode="before")
    @classmethod
    def _read(cls, value: object, info: ValidationInfo) -> object:
        metric = info.data.get("metric")  # absent if it was rejected, which is then the reported error
        return value if value is None or metric is None else read_quantity(value, metric)

    @model_validator(mode="after")
    def _consistent(self) -> Limit:
        if not self.relations:
            raise ValueError("there is no limit: give at_most, below or at_least")
        if self.at_most is not None and self.below is not None:
            raise ValueError("at_most and below contradict each other: give one")
        largest = self.at_most if self.below is None else self.below - 1
        if self.at_least is not None and largest is not None and self.at_least > largest:
            raise ValueError("no value is within: at_least is above the other limit")
        return self

    @property
    def relations(self) -> dict[Relation, int]:
        """The given amounts by relation."""
        return {relation: amount for relation in SIGNS if (amount := getattr(self, relation)) is not None}


class Budget(_Strict):
    """Limits for models.

    Attributes:
        aliases: other names, each with its differences.
        input: (height, width) in pixels for the check; None: the model's.
    """

    name: Name
    title: Text = ""
    competition: Text = ""
    track: Text = ""
    aliases: dict[Name, Text] = {}
    input: tuple[Side, Side] | None = None
    sources: tuple[Source, ...] = ()
    notes: tuple[Text, ...] = ()
    limits: tuple[Limit, ...] = Field(min_length=1)

    @field_validator("input", "sources", "notes", mode="before")
    @classmethod
    def _tuple(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value  # TOML has only lists

    @field_validator("limits", mode="before")
    @classmethod
    def _by_metric(cls, value: object) -> object:
        if not isinstance(value, Mapping):
            return value
        rows: list[Any] = []
        for metric, row in value.items():
            if not isinstance(row, Mapping):
                raise ValueError(f'write {metric} = {{ at_most = … }}, with "at_most", "below" or "at_least"')
            if "metric" in row:
                raise ValueError(f"{metric} names the metric: leave the key `metric` out")
            rows.append({"metric": metric, **row})
        return tuple(rows)
