"""Imports go one way, file by file and folder by folder, and heavy libraries have homes."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from edgeface.backends import suffixes, targets

PACKAGE = Path(__file__).resolve().parents[1] / "edgeface"
ORDER = (
    "errors",
    "version",
    "reading",
    "contracts",
    "core",
    "engine",
    "images",
    "graph",
    "passes",
    "models",
    "quantize",
    "backends",
    "cost",
    "budgets",
    "tasks",
    "gallery",
    "inference",
    "samples",
    "validate",
    "evaluation",
    "compile",
    "analysis",
    "devices",
    "prediction",
    "bench",
    "bundle",
    "schema",
    "doctor",
    "report",
    "exporting",
    "benchmark",
    "demo",
    "cli",
    "__main__",
)
"""Each imports from those before it only: the order in which data flows."""

HOMES = {
    "torch": ("models/",),
    "onnx": ("graph/onnx_reader.py", "graph/onnx_writer.py", "graph/onnx_bounds.py", "backends/onnx/", "backends/qdq/"),
    "onnxruntime": ("backends/onnx/runner.py",),
    "ai_edge_litert": ("backends/tflite/",),
    "tensorrt": ("backends/tensorrt/",),
    "ncnn": ("backends/ncnn/",),
    "openvino": ("backends/openvino/",),
    "faiss": ("gallery/scan_faiss.py",),
    "ray": ("engine/ray_cluster.py",),
    "fsspec": ("reading/url_path.py",),
    "rich": ("cli/",),
    "typer": ("cli/",),
}
ONLY_IN = {"torch": "models/", "faiss": "gallery/scan_faiss.py"}


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


BY_FORMAT = ("backends/", "cost/readers/", "models/onnx_file.py")
"""What may tell model files apart by suffix: runtimes and readers, each in its own home, and the door for `.onnx`."""

BY_TARGET = ("backends/", "bench/export_latency.py")
"""What may tell targets apart by name; what is timed is timed against onnx-fp32."""

OF_TENSORRT = (
    # its options, from the command line and Python on
    *("backends/", "cli/export.py", "exporting/by_keywords.py", "compile/job.py", "compile/request.py"),
    *("bench/measure.py", "doctor/checks/"),  # whether there is a GPU
)

SUFFIXES = frozenset({*suffixes("cpu"), *suffixes("gpu"), *(target.suffix for target in targets().values())})
BACKENDS = frozenset(name.split("-")[0] for name in targets())
BY_TEXT = frozenset({"startswith", "endswith", "removeprefix", "removesuffix"})


def compared_texts(path: Path) -> Iterator[tuple[int, str, bool]]:
    """Texts that a file compares something with: the line, the text, and whether as a beginning or an end.

    Names of the module's own constants stand for their values.
    """
    module = ast.parse(path.read_text(encoding="utf-8"))
    constants = {
        name.id: node.value
        for node in module.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for name in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(name, ast.Name)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Compare | ast.MatchValue):
            line = node.lineno if isinstance(node, ast.Compare) else node.value.lineno
            yield from ((line, text, False) for text in texts_in(node, constants))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in BY_TEXT:
            yield from ((node.lineno, text, True) for item in node.args for text in texts_in(item, constants))


def texts_in(node: ast.AST, constants: Mapping[str, ast.expr]) -> Iterator[str]:
    """Every text in an expression."""
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value
        elif isinstance(part, ast.Name) and part.id in constants:
            others = {name: value for name, value in constants.items() if name != part.id}
            yield from texts_in(constants[part.id], others)


def is_target(text: str, part: bool) -> bool:
    """Whether a text that something is compared with is a target's name, or the beginning of some."""
    return text in targets() or (text.removesuffix("-") in BACKENDS and (part or text.endswith("-")))


def told_apart(path: Path, wanted: Callable[[str, bool], bool]) -> list[str]:
    name = path.relative_to(PACKAGE).as_posix()
    return [f"{name}:{line} compares with {text!r}" for line, text, part in compared_texts(path) if wanted(text, part)]


def test_model_files_are_told_apart_by_suffix_only_in_their_homes():
    files = [path for path in PACKAGE.rglob("*.py") if not path.relative_to(PACKAGE).as_posix().startswith(BY_FORMAT)]
    assert [found for path in files for found in told_apart(path, lambda text, _: text in SUFFIXES)] == []


def test_targets_are_told_apart_by_what_they_say_of_themselves_not_by_name():
    files = [path for path in PACKAGE.rglob("*.py") if not path.relative_to(PACKAGE).as_posix().startswith(BY_TARGET)]
    assert [found for path in files for found in told_apart(path, is_target)] == []


def test_engines_are_known_by_name_only_where_their_options_are_given():
    outside = [
        str(found)
        for found in ALL
        if found.module.startswith("edgeface.backends.tensorrt") and not found.path.startswith(OF_TENSORRT)
    ]
    assert outside == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('path.suffix == ".onnx"', [".onnx"]),
        ('name.endswith((".tflite", ".txt"))', [".tflite"]),
        ("path.suffix in KINDS", [".engine"]),
        ('path.suffix == ".toml"', []),
        ('open(f"model{suffix}" or ".onnx")', []),
    ],
)
def test_a_comparison_with_a_suffix_is_seen(tmp_path, monkeypatch, line, found):
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    module = tmp_path / "module.py"
    module.write_text(f'KINDS = frozenset({{".engine", ".x"}})\ndef f(path, name, suffix):\n    return {line}\n')
    seen = told_apart(module, lambda text, _: text in SUFFIXES)
    assert seen == [f"module.py:3 compares with {text!r}" for text in found]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('target.startswith("tensorrt")', ["tensorrt"]),
        ('target.startswith("tflite-")', ["tflite-"]),
        ('target == "onnx-int8"', ["onnx-int8"]),
        ('runtime == "tflite-runtime"', []),
        ('network.format == "tflite"', []),
        ('target.startswith("my")', []),
    ],
)
def test_a_comparison_with_a_targets_name_is_seen(tmp_path, monkeypatch, line, found):
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    module = tmp_path / "module.py"
    module.write_text(f"def f(target, runtime, network):\n    return {line}\n")
    assert told_apart(module, is_target) == [f"module.py:2 compares with {text!r}" for text in found]


@pytest.mark.parametrize("command", [("--help",), ("targets",), ("targets", "--json")])
def test_a_quick_command_imports_no_heavy_library(command):
    heavy = ("torch", "onnx", "onnxruntime", "ai_edge_litert", "tensorrt", "cv2", "ray", "fsspec")
    said = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "edgeface", *command], capture_output=True, text=True, check=True
    ).stderr
    imported = {line.rpartition("|")[2].strip().split(".")[0] for line in said.splitlines()}
    assert "edgeface" in imported
    assert sorted(imported.intersection(heavy)) == []


ELSEWHERE = {
    "backends/onnx/profile.py": "the profile that ONNX Runtime has just written into a folder of ours",
    "backends/openvino/emit.py": "what OpenVINO has just written into a folder of ours",
    "backends/tflite/legacy.py": "our worker's source, and what the worker has just written into a folder of ours",
    "backends/tflite/legacy_worker.py": "runs alone, in another Python",
    "bench/result.py": "/proc/cpuinfo",
    "bench/worker.py": "/proc/self/status",
    "bundle/compute_on_board.py": "arrays that the program has just written into a folder of ours, from memory",
    "bundle/pack.py": "the licence in our own distribution",
    "cli/completion/command.py": "our own scripts",
    "core/processor.py": "/proc/cpuinfo",
    "demo.py": "the package's own sample photographs",
    "devices/agent/machine.py": "runs alone, on a device",
    "devices/board_here.py": "/proc/cpuinfo",
    "devices/count.py": "our own source, and what the plugin has just written into a folder of ours",
    "devices/install.py": "the installation's own record and lock, in a folder of ours",
    "devices/link.py": "our own modules",
    "doctor/checks/processor.py": "/proc/cpuinfo",
    "doctor/checks/resources.py": "/proc and /sys",
    "doctor/control_groups.py": "/proc and /sys",
    "prediction/counted.py": "our own sources",
    "report/render.py": "our own style sheet",
    "validate/judge.py": "what the judge has just written into a folder of its own",
}
"""Files that open files for reading themselves, with what they read; all others go through `edgeface/reading`."""

READ_BY_METHOD = frozenset({"read_text", "mmap", "imread", "fromfile", "memmap", "loadtxt", "genfromtxt"})
READ_BY_LIBRARY = frozenset(
    f"{library}.load" for library in ("np", "numpy", "torch", "onnx", "tomllib", "tomli", "json", "pickle", "yaml")
)


def reads(path: Path) -> Iterator[int]:
    """The lines of a file in which a file is opened for reading, by a call that is known for it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and is_reading(node):
            yield node.lineno


def is_reading(call: ast.Call) -> bool:
    said = [*call.args, *(keyword.value for keyword in call.keywords)]
    modes = [item.value for item in said if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    writes = any(mode[:1] in {"w", "x", "a"} and len(mode) < 4 for mode in modes)
    if isinstance(call.func, ast.Name):
        return call.func.id == "open" and not writes
    if not isinstance(call.func, ast.Attribute):
        return False
    if call.func.attr == "open":
        return any(mode in {"r", "rb", "rt"} for mode in modes) or (
            ast.unparse(call.func) == "os.open" and "O_RDONLY" in ast.unparse(call)
        )
    if call.func.attr == "read_bytes":
        return not call.args
    return call.func.attr in READ_BY_METHOD or ast.unparse(call.func) in READ_BY_LIBRARY


def test_files_are_opened_for_reading_in_one_place_only():
    found = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if any(reads(path))}
    assert {name for name in found if not name.startswith("reading/")} == set(ELSEWHERE)


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("path.read_bytes()", True),
        ("path.read_text(encoding='utf-8')", True),
        ("path.open('rb')", True),
        ("path.open(mode='r')", True),
        ("open(path)", True),
        ("open(path, 'w')", False),
        ("path.open('wb')", False),
        ("os.open(path, os.O_RDONLY)", True),
        ("os.open(path, os.O_WRONLY | os.O_CREAT)", False),
        ("np.load(path)", True),
        ("onnx.load(path)", True),
        ("cv2.imread(path)", True),
        ("json.loads(text)", False),
        ("Artifact.open(path)", False),
        ("archive.open(name)", False),
    ],
)
def test_a_file_that_is_opened_is_seen(tmp_path, line, seen):
    module = tmp_path / "module.py"
    module.write_text(f"def f(path):\n    return {line}\n")
    assert list(reads(module)) == ([2] if seen else [])
