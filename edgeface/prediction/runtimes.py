"""The runtimes that boards have, and which of them read a model file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edgeface.backends import runtime_for
from edgeface.devices.connect import site_of
from edgeface.devices.pins import SITES
from edgeface.devices.runner import Loading
from edgeface.errors import InputError, did_you_mean
from edgeface.reading.regular_file import is_file


@dataclass(frozen=True)
class BoardRuntime:
    """A runtime as a board has it.

    Attributes:
        name: as `--runtime` takes it; `title` in sentences.
        reads: the runtime here whose files it reads.
        distribution: its Python distribution, whose pinned version is counted.
        loading: how it loads a model; `of_model` is it for one file, where that decides.
        checks: whether opening a model here is what checks the file; else taking it apart does.
        beside: suffixes of the files next to a model that belong to it.
    """

    name: str
    title: str
    reads: str
    distribution: str
    loading: Loading
    of_model: Callable[[Path], Loading] | None = None
    checks: bool = True
    beside: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """The version that is emulated."""
        return next(w.version for w in SITES[site_of(self.loading)] if w.name == self.distribution)

    def loading_of(self, model: Path) -> Loading:
        """How it loads a model file.

        Raises:
            InputError: the file is not usable.
        """
        return self.loading if self.of_model is None else self.of_model(model)


def _ncnn_loading(model: Path) -> Loading:
    """With the options that the file asks for, and with weights of zero where there are none beside it."""
    from edgeface.backends.ncnn.files import WEIGHTS_SUFFIX, read_network
    from edgeface.backends.ncnn.options import options_of

    options = tuple(sorted(options_of(read_network(model)).items()))
    return Loading("ncnn", options=options, weightless=not is_file(model.with_suffix(WEIGHTS_SUFFIX)))


RUNTIMES = (
    BoardRuntime("litert", "LiteRT", "litert", "ai-edge-litert", Loading("litert")),
    BoardRuntime("tflite-runtime", "tflite-runtime", "litert", "tflite-runtime", Loading("tflite-runtime")),
    BoardRuntime("ort", "ONNX Runtime", "onnxruntime", "onnxruntime", Loading("onnxruntime")),
    BoardRuntime("ncnn", "ncnn", "ncnn", "ncnn", Loading("ncnn"), _ncnn_loading, False, (".bin",)),
)
"""The first that reads a file is the one to have for it."""


def board_runtimes(model: Path, name: str | None = None) -> tuple[BoardRuntime, ...]:
    """The runtimes of boards that read a model file, the one to have first.

    Args:
        model: a model file.
        name: of one runtime; by default all.

    Raises:
        InputError: no runtime of a board reads the file, or the named one does not, or there is none of that name.
    """
    names = [each.name for each in RUNTIMES]
    if name is not None and name not in names:
        raise InputError(
            f"no runtime of a board is called {name!r}",
            where="--runtime",
            fix=f"{did_you_mean(name, names)}use one of {', '.join(names)}",
        )
    here = runtime_for(model)
    readers = [each for each in RUNTIMES if each.reads == here.name]
    if not readers:
        raise InputError(
            f"nothing is predicted for models of {here.title}",
            where=str(model),
            fix=f"pass a model of {', '.join(each.title for each in RUNTIMES)}",
        )
    found = tuple(each for each in readers if name in (None, each.name))
    if not found:
        raise InputError(
            f"{name} does not read this file", where=str(model), fix=f"leave out --runtime, or use {readers[0].name}"
        )
    return found
