"""Read a contract from a TOML file, for a network that belongs to no built-in family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError

from edgeface.contracts import BaseContract, Contract, DetectionContract, GenericContract, RecognitionContract
from edgeface.contracts.decode_table import Decoders
from edgeface.errors import InputError
from edgeface.reading.document import read_toml
from edgeface.reading.invalid import first_invalid
from edgeface.reading.kinds import CONTRACT

_KINDS: tuple[type[BaseContract], ...] = (DetectionContract, RecognitionContract, GenericContract)


def read_contract(path: Path, decoders: Decoders = MappingProxyType({})) -> Contract:
    """The contract that a TOML file declares.

    Args:
        path: a file with `task`, a table `input` and the other keys of the task's contract; `family` and `variant` are
            free names.
        decoders: parameters of the known decoders by name, with which those of the file are compared; the family may
            name one of them.

    Raises:
        InputError: the file cannot be read, is not TOML or not a contract; the first wrong key is named.
    """
    document: Mapping[str, Any] = {"family": path.stem, "variant": "own"} | read_toml(path, CONTRACT)
    kind = next(
        (kind for kind in _KINDS if document.get("task") in get_args(kind.model_fields["task"].annotation)), None
    )
    document = document if kind is None else kind.as_fields(document, decoders, str(path))
    try:
        contract: Contract = TypeAdapter(Contract).validate_python(document)
    except ValidationError as error:
        wrong = first_invalid(error, kind, leave_out=1)
        wrong = wrong if wrong.key else replace(wrong, key="task")
        raise InputError(f"contract key {wrong.told}", where=str(path), fix=wrong.fix(CONTRACT.fix)) from error
    return contract
