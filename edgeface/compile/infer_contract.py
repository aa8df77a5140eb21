"""The contract of a file that declares none: recognized by its outputs, settled by images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from edgeface.compile.contract_text import contract_text
from edgeface.compile.network_file import OpenFile, network_file, open_file
from edgeface.contracts import Contract, GenericContract, ImageInput, OutputNames
from edgeface.contracts.decoding import MAX_OUTPUTS
from edgeface.errors import InputError, UnsettledError
from edgeface.graph.onnx_reader import parse_onnx, read_onnx
from edgeface.models.effective_input import effective_input
from edgeface.reading.invalid import words_of
from edgeface.tasks.task import FindFaces, Image
from edgeface.tasks.undeclared import Evidence, Settled, Undeclared, Verdict, undeclared

_COLORS = 3


@dataclass(frozen=True)
class Recognized:
    """A file whose outputs are those of a known format.

    `readings` are the contracts that its shapes allow, of the one task `task`.
    """

    opened: OpenFile
    task: str
    readings: Sequence[Contract]

    @property
    def reader(self) -> Undeclared:
        """How the task reads such files."""
        return undeclared()[self.task]


def recognize(path: Path, size: tuple[int, int] | None = None) -> Recognized:
    """The format of a file by the ranks, widths and numbers of its outputs, never by names.

    Args:
        path: an .onnx file.
        size: height and width of the input in pixels, where the file's are not meant.

    Raises:
        UnsettledError: it is of no known format.
        GraphError: it is of none, and has operators that cannot be read: all of them.
        InputError: it is of formats of several tasks; or as `open_file`.
        RuntimeFailure: as `open_file`.
    """
    stamp = path.stat() if path.is_file() else None
    return _recognized(path, size, None if stamp is None else (stamp.st_mtime_ns, stamp.st_size))


@lru_cache(maxsize=1)
def _recognized(path: Path, size: tuple[int, int] | None, stamp: tuple[int, int] | None) -> Recognized:  # noqa: ARG001
    """The same, once for a file as it is: its task is asked for before its images are read."""
    opened = open_file(path, size)
    fitting = _fitting(opened)
    if not fitting:
        inside = open_file(path, size, inside=True)
        fitting = _fitting(inside)
        opened = inside if fitting else opened
    if len(fitting) == 1:
        ((name, readings),) = fitting.items()
        return Recognized(opened, name, readings)
    shapes = ", ".join(f"{name!r} {list(shape)}" for name, shape in opened.file.outputs.items())
    size_said = f"{opened.file.height}×{opened.file.width}"
    if fitting:
        raise InputError(
            f"the outputs at {size_said} fit several tasks ({', '.join(fitting)}): {shapes}",
            where=str(path),
            fix="pass --contract FILE.toml with the task that is meant (docs/contracts.md)",
        )
    read_onnx(path, input_shapes={opened.file.input: opened.pinned})  # no contract helps where it cannot be read
    raise UnsettledError(
        f"the outputs at {size_said} are of no known detector or recognizer: {shapes}",
        where=str(path),
        fix='pass --contract FILE.toml: task = "scores" or "landmarks" compares the numbers themselves '
        "(docs/any-onnx.md); or another --input HEIGHTxWIDTH, if this size is not the one that is meant",
        filled=contract_text(_of_unknown_use(opened)),
    )


def _of_unknown_use(opened: OpenFile) -> Settled:
    """A contract for the numbers alone, to be decided wholly."""
    file, why = opened.file, "the file does not tell it, and images cannot"
    color = "rgb" if file.channels == _COLORS else "grey"
    only, *_ = names = tuple(file.outputs)[:MAX_OUTPUTS]
    spec = {"name": file.input, "size": [file.height, file.width], "color": color, "mean": 0.0, "scale": 1.0}
    contract = GenericContract(
        family=file.name,
        variant="own",
        input=ImageInput.model_validate({**spec, **file.stored}),
        outputs=OutputNames.model_validate({"output": only} if len(names) == 1 else {"outputs": names}),
    )
    fields = (("task", contract.task), ("input.color", color), ("input.mean, input.scale", "x"))
    return Settled(contract, tuple(Verdict(field, value, "refused", why) for field, value in fields), checked=False)


def _fitting(opened: OpenFile) -> dict[str, Sequence[Contract]]:
    """The contracts that each task's formats allow.

    Raises:
        InputError: no contract can hold the file's names.
    """
    try:
        found = {name: reader.readings(opened.file) for name, reader in undeclared().items()}
    except ValidationError as error:
        said = words_of(error.errors()[0])
        raise InputError(f"no contract can describe the file: {said}", where=opened.file.name) from error
    return {name: readings for name, readings in found.items() if readings}


def settle(found: Recognized, images: Sequence[Image], find: FindFaces | None, declared: Mapping[str, str]) -> Settled:
    """The contract of a recognized file, with a verdict on each field.

    Args:
        found: the file.
        images: uint8 [H,W,3] in BGR; without any, nothing is known of the input.
        find: finds the faces in them, for a recognizer.
        declared: fields that the user declares, e.g. {"color": "rgb"}.

    Raises:
        ContractError: the images contradict what is declared.
    """
    evidence = Evidence(found.opened.forward, images, find, declared)
    settled = found.reader.settle(found.opened.file, found.readings, evidence)
    return replace(settled, verdicts=(*settled.verdicts, _size(found.opened)))


def check(path: Path, contract: Any, evidence: Evidence) -> Settled | None:
    """A declared contract with what images say about it; None where its task has no such check.

    Args:
        path: the .onnx file.
        contract: what the user declares of it.
        evidence: runs the file's network as the contract says.

    Raises:
        ContractError: the images contradict it.
    """
    reader = undeclared().get(contract.task)
    found = effective_input(parse_onnx(path))
    if reader is None or found is None or found.channels != _COLORS:
        return None
    size = (contract.input.height, contract.input.width)
    return reader.check(network_file(path, found, size, {}), contract, evidence)


def refuse_unsettled(path: Path, settled: Settled) -> None:
    """Refuse a contract some of whose fields nothing tells, with its text to fill in.

    Raises:
        UnsettledError: naming the fields.
    """
    if settled.refused:
        names = "; ".join(f"{each.field}: {each.evidence}" for each in settled.refused)
        raise UnsettledError(
            f"the contract of the file cannot be told wholly: {names}",
            where=str(path),
            fix="decide the lines marked refused, and pass the file with --contract; or pass --calibration DIR with "
            "images of faces",
            filled=contract_text(settled),
        )


def _size(opened: OpenFile) -> Verdict:
    size = f"{opened.file.height}×{opened.file.width}"
    if opened.size_from == "usual":
        return Verdict("input.size", size, "indifferent", "the file takes other sizes: --input HEIGHTxWIDTH")
    said = "the file's" if opened.size_from == "file" else "by --input"
    return Verdict("input.size", size, "declared", said)
