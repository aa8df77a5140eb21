"""Imports go one way, file by file and folder by folder, and heavy libraries have homes."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "edgeface"
ORDER = (
    "errors",
    "version",
    "contracts",
    "core",
    "images",
    "graph",
    "passes",
    "models",
    "quantize",
    "backends",
    "cost",
    "budgets",
    "tasks",
    "inference",
    "samples",
    "validate",
    "evaluation",
    "compile",
    "devices",
    "bench",
    "bundle",
    "doctor",
    "report",
    "exporting",
    "demo",
    "cli",
    "__main__",
)
"""Each imports from those before it only: the order in which data flows."""

HOMES = {
    "torch": ("models/",),
    "onnx": ("graph/onnx_reader.py", "graph/onnx_writer.py", "backends/onnx/", "backends/qdq/"),
    "onnxruntime": ("backends/onnx/runner.py",),
    "ai_edge_litert": ("backends/tflite/",),
    "tensorrt": ("backends/tensorrt/",),
    "rich": ("cli/",),
    "typer": ("cli/",),
}
ONLY_IN = {"torch": "models/"}


@dataclass(frozen=True)
class Import:
    """An import of `module` in `path`, a file of the package; `lazy` inside a function or for types only."""

    path: str
    line: int
    module: str
    lazy: bool

    def __str__(self) -> str:
        return f"{self.path}:{self.line} imports {self.module}"


def imports_of(path: Path) -> Iterator[Import]:
    name = path.relative_to(PACKAGE).as_posix()

    def visit(node: ast.AST, lazy: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            yield from (Import(name, node.lineno, alias.name, lazy) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}:{node.lineno}: a relative import hides what is imported"
            base = node.module or ""
            for alias in node.names:
                module = f"{base}.{alias.name}" if is_module(f"{base}.{alias.name}") else base
                yield Import(name, node.lineno, module, lazy)
        inside = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or for_types_only(node)
        for child in ast.iter_child_nodes(node):
            yield from visit(child, inside)

    yield from visit(ast.parse(path.read_text(encoding="utf-8")), False)


def is_module(dotted: str) -> bool:
    """Whether a name is a module of the package, and not something in one."""
    top, *parts = dotted.split(".")
    place = PACKAGE.joinpath(*parts)
    return top == "edgeface" and (place.with_suffix(".py").is_file() or place.is_dir())


def for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def module_of(path: str) -> str:
    """The dotted name of a file of the package."""
    return ".".join(("edgeface", *Path(path).with_suffix("").parts)).removesuffix(".__init__")


def circles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """Every way that leads back to a module, as the first one found from each."""
    done: set[str] = set()
    found: list[list[str]] = []

    def visit(module: str, way: tuple[str, ...]) -> None:
        if module in way:
            found.append([*way[way.index(module) :], module])
        elif module not in done:
            for other in sorted(edges.get(module, ())):
                visit(other, (*way, module))
            done.add(module)

    for module in sorted(edges):
        visit(module, ())
    return found


ALL = [found for path in sorted(PACKAGE.rglob("*.py")) for found in imports_of(path)]


def test_every_part_of_the_package_has_its_place_in_the_order():
    parts = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in PACKAGE.rglob("*.py")}
    assert sorted(parts - {"__init__"}) == sorted(ORDER)


def test_imports_go_one_way():
    wrong = []
    for found in ALL:
        part = found.path.split("/")[0].removesuffix(".py")
        target = found.module.split(".")
        if part == "__init__" or target[0] != "edgeface" or len(target) == 1 or target[1].startswith("_"):
            continue  # the package's own __init__ offers names of every part
        if ORDER.index(target[1]) > ORDER.index(part):
            wrong.append(str(found))
    assert wrong == []


def test_no_file_imports_itself_by_way_of_others():
    edges: dict[str, set[str]] = {}
    for found in ALL:
        if found.path != "__init__.py" and found.module.startswith("edgeface."):
            edges.setdefault(module_of(found.path), set()).add(found.module)
    assert circles(edges) == []


@pytest.mark.parametrize("library", sorted(HOMES))
def test_a_heavy_library_is_imported_at_module_level_only_in_its_home(library):
    outside = [
        str(found)
        for found in ALL
        if found.module.split(".")[0] == library and not found.lazy and not found.path.startswith(HOMES[library])
    ]
    assert outside == []


@pytest.mark.parametrize("library", sorted(ONLY_IN))
def test_a_library_with_a_door_of_its_own_is_imported_nowhere_else(library):
    home = ONLY_IN[library]
    outside = [str(f) for f in ALL if f.module.split(".")[0] == library and not f.path.startswith(home)]
    assert outside == []


def test_the_rules_see_what_breaks_them(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    module = tmp_path / "graph.py"
    module.write_text("import torch\nif TYPE_CHECKING:\n    import onnx\ndef f():\n    from edgeface import graph\n")
    assert list(imports_of(module)) == [
        Import("graph.py", 1, "torch", False),
        Import("graph.py", 3, "onnx", True),
        Import("graph.py", 5, "edgeface.graph", True),
    ]
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c", "a"]]
    assert circles({"a": {"b", "c"}, "b": {"c"}}) == []
