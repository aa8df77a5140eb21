"""A contract as the text of a contract file, with a remark behind each line of how its value is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from edgeface.compile.toml_text import toml_key, toml_value
from edgeface.tasks.undeclared import Settled

_FIELDS = {
    ("task",): "task",
    ("decoder",): "decoder",
    ("output",): "output",
    ("template",): "template",
    ("input", "size"): "input.size",
    ("input", "color"): "input.color",
    ("input", "mean"): "input.mean, input.scale",
    ("input", "scale"): "input.mean, input.scale",
}
"""The verdict that is for a key."""

_LEFT_OUT = ("activation", "negative_slope")


def contract_text(settled: Settled) -> str:
    """The text of a contract file from which `contracts.read.read_contract` reads the contract.

    Args:
        settled: the contract with its verdicts, which become remarks.
    """
    remarks = {each.field: f"{each.how}: {each.evidence}" for each in settled.verdicts}
    document = _document(settled.contract)
    own = {key: value for key, value in document.items() if not isinstance(value, Mapping)}
    lines = list(_lines(own, (), remarks))
    for name, table in document.items():
        if isinstance(table, Mapping) and table:
            lines += ["", f"[{toml_key(name)}]", *_lines(table, (name,), remarks)]
    return "\n".join(lines) + "\n"


def _lines(table: Mapping[str, Any], path: tuple[str, ...], remarks: Mapping[str, str]) -> Iterator[str]:
    for key, value in table.items():
        said = remarks.get(_FIELDS.get((*path, key), ""))
        remark = "" if said is None else f"  # {' '.join(said.split())}"
        yield f"{toml_key(key)} = {toml_value(value)}{remark}"


def _document(contract: Any) -> dict[str, Any]:
    """The contract's keys as files have them: the task first, and the usual spelling of what has several."""
    fields = {k: v for k, v in contract.model_dump(mode="json").items() if v not in (None, []) and k not in _LEFT_OUT}
    spec = dict(fields.pop("input"))
    spec["color"] = spec.pop("colour", spec.get("color"))
    size = [spec.pop("height"), spec.pop("width")]
    outputs = {"outputs": _by_scale(fields.pop("outputs"))} if "outputs" in fields else {}
    tables = {key: fields.pop(key) for key in list(fields) if isinstance(fields[key], Mapping)}
    if "parameters" in tables:
        tables["decode"] = tables.pop("parameters")
    task = fields.pop("task")
    return {"task": task, **fields, "input": {"name": spec.pop("name"), "size": size, **spec}, **tables, **outputs}


def _by_scale(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Names by role, those of several scales as a list."""
    found: dict[str, Any] = {}
    for role, name in outputs.items():
        kind, _, number = role.rpartition("_")
        if kind and number.isdecimal() and len(found.get(kind, [])) == int(number):
            found.setdefault(kind, []).append(name)
        else:
            found[role] = name
    return found
