"""What differs by task is asked of the task: nothing outside a few homes branches on a contract's type or task."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from edgeface.tasks import tasks

PACKAGE = Path(__file__).resolve().parents[2] / "edgeface"
TYPES = {
    *(task.contract.__name__ for task in tasks().values()),
    *(type(task).__name__ for task in tasks().values()),
    "Anchors",
    "FaceAgreement",
    "EmbeddingAgreement",
}
HOMES = {
    "type": ("contracts/", "tasks/"),
    "name": ("contracts/", "tasks/"),
    "table": ("contracts/", "tasks/", "samples/compose.py"),
}
"""Who may tell tasks apart: by the type of a contract or decision, by a task's name, by a table of names.

`inference/load.py` finds openers by what they say of themselves, and `report/galleries` files by their names: neither
knows a name. `samples/compose.py` makes other images for each task's sample network.
"""


def branches(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Kind and line of each branch on a task."""
    for node in ast.walk(tree):
        kind = kind_of(node)
        if kind is not None:
            yield kind, node.lineno


def kind_of(node: ast.AST) -> str | None:
    match node:
        case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[_, types]) if names_in(types) & TYPES:
            return "type"
        case ast.MatchClass(cls=of) if names_in(of) & TYPES:
            return "type"
        case ast.MatchValue(value=value) if constants_in(value) & set(tasks()):
            return "name"
        case ast.Dict(keys=keys) if any(key is not None and constants_in(key) & set(tasks()) for key in keys):
            return "table"
        case ast.Compare(left=left, comparators=others):
            return kind_of_comparison([left, *others])
    return None


def kind_of_comparison(sides: Sequence[ast.expr]) -> str | None:
    if any(isinstance(side, ast.Attribute) and side.attr == "task" for side in sides):
        return "name"
    if any(constants_in(side) & set(tasks()) for side in sides):
        return "name"
    return "type" if any(names_in(side) & TYPES for side in sides) else None


def names_in(node: ast.AST) -> set[str]:
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return names | {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}


def constants_in(node: ast.AST) -> set[str]:
    return {each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)}


def test_only_its_homes_branch_on_a_task():
    found = [
        f"{path.relative_to(PACKAGE)}:{line} branches by {kind}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for kind, line in branches(ast.parse(path.read_text(encoding="utf-8")))
        if not path.relative_to(PACKAGE).as_posix().startswith(HOMES[kind])
    ]
    assert found == []


@pytest.mark.parametrize("kind", HOMES)
def test_every_home_branches_on_its_task(kind):
    for home in HOMES[kind]:
        files = [PACKAGE / home] if home.endswith(".py") else sorted((PACKAGE / home).rglob("*.py"))
        kinds = {each for path in files for each, _ in branches(ast.parse(path.read_text(encoding="utf-8")))}
        assert kinds, home


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("isinstance(c, DetectionContract)", ["type"]),
        ("isinstance(c, (int, contracts.RecognitionContract))", ["type"]),
        ("isinstance(a, FaceAgreement | None)", ["type"]),
        ("type(c) is RecognitionContract", ["type"]),
        ("match c:\n    case DetectionContract():\n        pass", ["type"]),
        ("x = 1 if artifact.contract.task == other else 2", ["name"]),
        ("if kind != 'recognition': pass", ["name"]),
        ("kind in ('detection', 'else')", ["name"]),
        ("match kind:\n    case 'detection':\n        pass", ["name"]),
        ("{'detection': 1}[kind]", ["table"]),
        ("isinstance(c, ImageInput)", []),
        ("say(contract.task, 'detection')", []),
        ("{'task': 'detection'}", []),
        ("runner == HERE", []),
    ],
)
def test_the_rules_find_violations_and_nothing_else(text, kinds):
    assert [kind for kind, _ in branches(ast.parse(text))] == kinds
