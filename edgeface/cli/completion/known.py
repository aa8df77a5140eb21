"""Known values of options and arguments.

Completion runs at every key press, so budgets, devices, models and targets are found by filename, as elsewhere.
Only variants and networks need a slow import.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from edgeface.cli.options import DEFAULT_MODEL
from edgeface.devices.profile_files import profile_files, read_profile
from edgeface.errors import InputError
from edgeface.reading.document import read_text, read_toml
from edgeface.reading.kinds import BUDGET, OWN
from edgeface.reading.regular_file import read_file

_PACKAGE = Path(__file__).parents[2]
_FAMILY = re.compile(r"^FAMILY\b", re.MULTILINE)
SHELLS = ("bash", "zsh", "fish")

Words = Sequence[str]


def budgets(_: Words = ()) -> tuple[str, ...]:
    """Names of the shipped budgets, and their aliases."""
    files = {file.stem: file for file in (_PACKAGE / "budgets" / "files").glob("*.toml")}
    read = (read_toml(file, BUDGET) for file in files.values())
    return (*sorted(files), *sorted(alias for budget in read for alias in budget.get("aliases", ())))


def targets(_: Words = ()) -> tuple[str, ...]:
    """Names of the targets, parsed from the source of the files that define them."""
    files = (_PACKAGE / "backends").glob("*/target.py")
    return tuple(sorted(name for file in files for name in _target_names(ast.parse(read_file(file, OWN)))))


def _target_names(module: ast.Module) -> Iterator[str]:
    """The `name` of every call of `Target`."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Target":
            values = {argument.arg: argument.value for argument in node.keywords}
            name = values.get("name")
            if isinstance(name, ast.Constant):
                yield str(name.value)


def boards(_: Words = ()) -> tuple[str, ...]:
    """Names of the boards that bundles are packed for."""
    return _profiles_with("bundle")


def exported_for(_: Words = ()) -> tuple[str, ...]:
    """What an export may be for: this processor, classes of processors by the files of their tables, and boards."""
    tables = (_PACKAGE / "prediction" / "ratios").glob("*.toml")
    return ("here", *sorted(path.stem for path in tables), *boards())


def devices(_: Words = ()) -> tuple[str, ...]:
    """Names of devices that run artifacts."""
    return ("x86", "gpu", *_profiles_with("emulator"), "ssh:", "adb")


def clocks(_: Words = ()) -> tuple[str, ...]:
    """Names of devices whose time is their own: all but emulated ones."""
    return tuple(name for name in devices() if name not in _profiles_with("emulator"))


def cores(_: Words = ()) -> tuple[str, ...]:
    """Kinds of cores of which latencies are known, and all of them."""
    found: set[str] = set()
    with suppress(InputError):
        for path in profile_files().values():
            with suppress(InputError):
                found |= {str(each["core"]) for each in read_profile(path).get("latency", []) if "core" in each}
    return (*sorted(found), "all")


def _profiles_with(table: str) -> tuple[str, ...]:
    """Names of the device profiles that have a table; `edgeface doctor` reports unreadable ones."""
    found = []
    with suppress(InputError):
        for name, path in profile_files().items():
            with suppress(InputError):
                found += [name] if table in read_profile(path) else []
    return tuple(found)


def models(_: Words = ()) -> tuple[str, ...]:
    """Names of the model families, from the files that define them."""
    files = (file for file in (_PACKAGE / "models").glob("[!_]*.py") if _FAMILY.search(read_text(file, OWN)))
    return tuple(sorted(file.stem for file in files))


def models_and_targets(_: Words = ()) -> tuple[str, ...]:
    """What `edgeface export` takes without an option, besides files."""
    return (*models(), *targets())


def variants(words: Words) -> tuple[str, ...]:
    """Variants of the models on the command line, or of the default model."""
    from edgeface.models import families

    known = families()
    named = [word for word in words if word in known]
    return tuple(variant for model in named or [DEFAULT_MODEL] for variant in known[model].variants())


def networks(_: Words = ()) -> tuple[str, ...]:
    """Names of networks whose complexity is known."""
    from edgeface.models.architectures import architectures

    return tuple(architectures())


def _of(*values: str) -> Callable[[Words], tuple[str, ...]]:
    return lambda _: values


# Options have the same meaning in every command, but for those of `OF_COMMANDS`.
OF_OPTIONS: Mapping[str, Callable[[Words], tuple[str, ...]]] = {
    "--budget": budgets,
    "--color": _of("bgr", "rgb"),
    "--core": cores,
    "--device": boards,
    "--format": _of("text", "junit", "github", "sarif", "markdown"),
    "--install": _of("arm"),
    "--io": _of("float", "int8", "uint8"),
    "--layers": _of("all"),
    "--on": devices,
    "--runtime": _of("litert", "tflite-runtime", "ort", "ncnn"),
    "--target": targets,
    "--variant": variants,
}
# Where a command takes only some of them.
OF_COMMANDS: Mapping[tuple[str, str], Callable[[Words], tuple[str, ...]]] = {
    ("bench", "--on"): clocks,
    ("export", "--device"): exported_for,
}
# These take several values, separated by commas.
LISTS = frozenset({"--target"})
# By command and argument.
OF_ARGUMENTS: Mapping[tuple[str, str], Callable[[Words], tuple[str, ...]]] = {
    ("budgets", "name"): budgets,
    ("check", "models"): networks,
    ("completion", "shell"): _of(*SHELLS),
    ("export", "model"): models_and_targets,
    ("gallery", "action"): _of("add", "list", "info", "remove", "compact", "check"),
}
# These also take files: a recipe, a model, the user's budget.
OR_FILES = frozenset({"--budget", "model", "models", "name"})
