"""Subjects of checks: a model file, an artifact's folder, a checkpoint, or a network by name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgeface.core.file_kind import CHECKPOINTS, MODELS, kind_of
from edgeface.cost.network import Network
from edgeface.cost.readers import SUFFIXES, Size, read_network
from edgeface.errors import CheckpointError, InputError, did_you_mean
from edgeface.models.architectures import Architecture, architectures, skeleton
from edgeface.models.skeletons import skeleton_shapes
from edgeface.reading.regular_file import is_file, is_folder

_CHECKPOINTS = (".pth", ".pt", ".ckpt", ".safetensors", ".bin")


@dataclass(frozen=True)
class Subject:
    """A source of a Network. `path` is its file, if any; `note` describes what is counted.

    `traced` is the ONNX model of a torch module.
    """

    source: str
    path: Path | None
    architecture: Architecture | None = None
    traced: bytes | None = None
    note: str = ""

    def network(self, size: Size | None) -> Network:
        """The network at a size (height, width) in pixels; by default its own.

        Raises:
            InputError: the file is not usable, or its size is fixed.
            GraphError: the network is invalid, or contains an operator of unknown cost.
        """
        if self.architecture is not None:
            return self._skeleton(self.architecture, size)
        if self.traced is not None:
            from edgeface.cost.readers.onnx_network import read_onnx_network

            return read_onnx_network(self.traced, self.source, size)
        assert self.path is not None
        return read_network(self.path, self.source, size)

    def _skeleton(self, architecture: Architecture, size: Size | None) -> Network:
        from edgeface.cost.readers.onnx_network import read_onnx_network

        if size is not None and size != architecture.input_size and not architecture.resizable:
            height, width = architecture.input_size
            raise InputError(
                f"{architecture.name} only supports {height}×{width} pixels", where="--input", fix="leave out --input"
            )
        content = skeleton(architecture.name)
        network = read_onnx_network(content, architecture.name, size or architecture.input_size, weightless=True)
        return replace(network, file_bytes=None if self.path is None else self.path.stat().st_size)


def open_subject(source: str | Path) -> Subject:
    """The subject that a name or path means.

    Raises:
        InputError: there is no such file or network, or a folder is not an artifact.
        CheckpointError: a checkpoint does not match a known network.
    """
    path, text = Path(source), str(source)
    if is_folder(path):
        from edgeface.core.artifact import Artifact

        artifact = Artifact.open(path)
        return Subject(text, artifact.model_path)
    if is_file(path):
        kind = kind_of(path)
        if _is_checkpoint(path, "" if kind is None else kind.key):
            found, taken = _architecture_of(path)
            note = f"the weights match {found.name}, whose original definition was counted{taken}"
            return Subject(text, path, found, note=note)
        return Subject(text, path)
    if isinstance(source, Path) or "/" in text or path.suffix in (*_CHECKPOINTS, *SUFFIXES):
        raise InputError("there is no such file", where=text, fix="check the path")
    return Subject(text, None, _by_name(text))


def _is_checkpoint(path: Path, kind: str) -> bool:
    return kind in CHECKPOINTS or (path.suffix in _CHECKPOINTS and kind not in MODELS)


def trace(module: Any, size: Size | None) -> Subject:
    """A torch module, traced at a size (height, width) in pixels.

    Raises:
        InputError: no size is given.
    """
    from edgeface.models.torch_export import trace_onnx

    name = type(module).__name__
    if size is None:
        raise InputError("a torch module has no fixed input size", where=name, fix="pass input_size=(112, 112)")
    return Subject(name, None, traced=trace_onnx(module, size, ()))


def _by_name(name: str) -> Architecture:
    known = architectures()
    if name in known:
        return known[name]
    variants = [other for other in known if other.startswith(f"{name}:")]
    if variants:
        raise InputError(f"{name!r} has several variants", fix=f"name one of {', '.join(variants)}")
    raise InputError(
        f"{name!r} is neither a file nor a known network",
        fix=did_you_mean(name, known)
        + f"pass an .onnx, .tflite or .param file, an artifact, a checkpoint, or one of {', '.join(known)}",
    )


def _architecture_of(path: Path) -> tuple[Architecture, str]:
    """The network inferred from a checkpoint's names and shapes, and what was taken of the file, for a note."""
    from edgeface.models.checkpoint_shapes import read_taken

    networks = [(architecture, skeleton_shapes(architecture.skeleton)) for architecture in architectures().values()]
    taken = read_taken(path, [wanted for _, wanted in networks])
    shapes = taken.shapes
    nearest = ""
    best = 0
    for architecture, wanted in networks:
        fitting = sum(shapes.get(name) == shape for name, shape in wanted.items())
        if fitting == len(wanted) == len(shapes):
            return architecture, "" if taken.is_plain else f"; {taken.describe()}"
        if fitting > best:
            best, nearest = fitting, f"; the closest is {architecture.name}: {fitting} of {len(wanted)} tensors match"
    raise CheckpointError(
        f"these weights do not match a known network{nearest}",
        where=str(path),
        fix="a checkpoint contains no graph: export the network to ONNX, and check that file",
    )
