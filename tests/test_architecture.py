"""Imports go one way, and heavy libraries have homes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "edgeface"
LAYERS: tuple[frozenset[str], ...] = (
    frozenset(
        {
            "version",
            "errors",
            "contract",
            "artifact",
            "images",
            "image_header",
            "drawn",
            "photographs",
            "staging",
            "prefetch",
            "progress",
        }
    ),
    frozenset({"graph"}),
    frozenset({"passes", "models", "quantize", "targets", "complexity", "budgets"}),
    frozenset({"runtimes", "tasks", "parity", "devices"}),
    frozenset(
        {
            "pipeline",
            "source",
            "build",
            "calibrate",
            "job",
            "prove",
            "check_parity",
            "check_device",
            "doctor",
            "engines",
            "bundle",
            "report",
            "bench",
            "detector",
            "recogniser",
            "loading",
            "face_pipeline",
            "embed_files",
            "gallery",
            "task_pictures",
            "evaluation",
            "recipe",
            "samples",
            "demonstrate",
        }
    ),
    frozenset({"cli", "__main__"}),
)
HOMES = {
    "torch": ("models/",),
    "onnx": ("graph/onnx_reader.py", "graph/onnx_writer.py", "targets/"),
    "onnxruntime": ("runtimes/ort.py",),
    "ai_edge_litert": ("runtimes/litert.py", "targets/tflite/"),
    "tensorrt": ("runtimes/tensorrt/",),
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
                module = f"{base}.{alias.name}" if base == "edgeface" else base
                yield Import(name, node.lineno, module, lazy)
        inside = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or for_types_only(node)
        for child in ast.iter_child_nodes(node):
            yield from visit(child, inside)

    yield from visit(ast.parse(path.read_text(encoding="utf-8")), False)


def for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def level_of(part: str) -> int:
    return next(level for level, names in enumerate(LAYERS) if part in names)


ALL = [found for path in sorted(PACKAGE.rglob("*.py")) for found in imports_of(path)]


def test_every_part_of_the_package_has_a_layer():
    parts = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in PACKAGE.rglob("*.py")}
    assert parts - {"__init__"} <= frozenset().union(*LAYERS)


def test_imports_go_one_way():
    wrong = []
    for found in ALL:
        part = found.path.split("/")[0].removesuffix(".py")
        target = found.module.split(".")
        if part == "__init__" or target[0] != "edgeface" or len(target) == 1 or target[1].startswith("_"):
            continue  # the package's own __init__ offers names of every layer
        if level_of(target[1]) > level_of(part):
            wrong.append(str(found))
    assert wrong == []


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
    module.write_text("import torch\nif TYPE_CHECKING:\n    import onnx\ndef f():\n    from edgeface import cli\n")
    assert list(imports_of(module)) == [
        Import("graph.py", 1, "torch", False),
        Import("graph.py", 3, "onnx", True),
        Import("graph.py", 5, "edgeface.cli", True),
    ]
