"""The errors that edgeface raises on purpose, as a tree.

EdgefaceError            anything that a user can fix; the CLI prints it and exits 2
├── InputError           a file, folder, option or image is not usable
│   ├── CheckpointError  weights that do not fit the network (keys, shapes, format)
│   └── WriteError       a file or folder cannot be written completely
├── ContractError        the checkpoint's contract is unknown, uncertain or contradicted
│   └── UnsettledError   a model file's contract cannot be told wholly
├── GraphError           an invalid graph, or an op that the reader or a target does not support
│   └── OperatorError    nodes that the reader or a target does not support: all of them
├── RuntimeFailure       a runtime rejected an artifact or failed to run it
└── GateError            an artifact was built and validated, but is not good enough (exit 1)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

_SHOWN_NODES = 3


class EdgefaceError(Exception):
    """An error that says what is wrong, where, and how to fix it.

    Args:
        what: what is wrong: one sentence without a period.
        where: the file, node or tensor concerned.
        fix: what the user can do about it.

    Example:
        >>> try:
        ...     edgeface.load("no/such/folder")
        ... except edgeface.EdgefaceError as error:
        ...     print(error.what, error.fix)
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str | None = None, fix: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        """The three parts, one per line."""
        lines = [self.what]
        if self.where:
            lines.append(f"  where: {self.where}")
        if self.fix:
            lines.append(f"  fix:   {self.fix}")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[Any, ...]:
        """How it is pickled: as it is, whatever its class asks for when it is made."""
        return _remade, (type(self), self.args), self.__dict__

    def as_dict(self) -> dict[str, Any]:
        """The error as the `--json` document shows it."""
        return {"error": type(self).__name__, "what": self.what, "where": self.where, "fix": self.fix}


def _remade(of_class: type[EdgefaceError], args: tuple[Any, ...]) -> EdgefaceError:
    """An error that was pickled, without what its attributes were."""
    error: EdgefaceError = of_class.__new__(of_class, *args)
    return error


class InputError(EdgefaceError):
    """A file, folder, option or image is not usable."""


class CheckpointError(InputError):
    """Weights do not fit the network: keys, shapes or format."""


class WriteError(InputError):
    """A file or folder cannot be written completely; what was there stays."""


class ContractError(EdgefaceError):
    """The checkpoint's contract is unknown, uncertain or contradicted by evidence."""


class UnsettledError(ContractError):
    """A model file's contract cannot be told wholly.

    Args:
        what, where, fix: as of every error.
        filled: a contract file's text with what is known, and remarks on the lines that are to be decided.
    """

    def __init__(self, what: str, *, where: str | None = None, fix: str | None = None, filled: str) -> None:
        super().__init__(what, where=where, fix=fix)
        self.filled = filled

    def as_dict(self) -> dict[str, Any]:
        """The error as the `--json` document shows it, with the contract to decide."""
        return {**super().as_dict(), "contract": self.filled}


class GraphError(EdgefaceError):
    """The graph is invalid, or an op cannot be read or lowered."""


@dataclass(frozen=True)
class Refusal:
    """Why a node cannot be read or lowered.

    Attributes:
        node: its name.
        op: its operator.
        reason: what is wrong: one sentence without a period.
        remedy: what the user can do about it, if anything is known.
    """

    node: str
    op: str
    reason: str
    remedy: str | None = None


def describe_refusals(refusals: Iterable[Refusal]) -> list[str]:
    """A line for every operator and reason, with the number of its nodes and the first names, and one with the fix."""
    groups: dict[tuple[str, str, str | None], list[str]] = {}
    for item in refusals:
        groups.setdefault((item.op, item.reason, item.remedy), []).append(item.node)
    lines = []
    for (op, reason, remedy), nodes in groups.items():
        more = f" and {len(nodes) - _SHOWN_NODES} more" if len(nodes) > _SHOWN_NODES else ""
        lines.append(f"  {op} ×{len(nodes)}: {reason} ({', '.join(map(repr, nodes[:_SHOWN_NODES]))}{more})")
        lines += [f"    fix: {remedy}"] if remedy else []
    return lines


class OperatorError(GraphError):
    """Nodes that cannot be read or lowered.

    Args:
        refusals: at least one, in the order of the nodes.
        where: the file or graph.
    """

    def __init__(self, refusals: Sequence[Refusal], *, where: str) -> None:
        self.refusals = tuple(refusals)
        first = refusals[0]
        if len(refusals) == 1:
            super().__init__(first.reason, where=f"{where}: node {first.node!r}", fix=first.remedy)
        else:
            super().__init__(f"{len(refusals)} nodes are not supported", where=where)

    def __str__(self) -> str:
        """The nodes by operator and reason, each with its remedy."""
        if len(self.refusals) == 1:
            return super().__str__()
        return "\n".join([f"{self.what}:", *describe_refusals(self.refusals), f"  where: {self.where}"])

    def as_dict(self) -> dict[str, Any]:
        """The error as the `--json` document shows it, with every node."""
        return {**super().as_dict(), "refusals": [asdict(item) for item in self.refusals]}


class RuntimeFailure(EdgefaceError):  # noqa: N818  # RuntimeError is taken
    """A runtime rejected an artifact, or failed to run it."""


@dataclass(frozen=True)
class WorstTensor:
    """A tensor where a model that was not good enough loses the most.

    Attributes:
        node: the node that computes it.
        snr_db: its signal-to-noise ratio against float32, in dB, on one image.
        inputs_db: the minimum of its node's inputs; None where they are exact.
        cure: what would mend it.
        recipe_line: the section of a recipe and the pattern of nodes that do so, if a recipe can.
    """

    node: str
    snr_db: float
    inputs_db: float | None
    cure: str
    recipe_line: tuple[str, str] | None = None


@dataclass(frozen=True)
class Refused:
    """What a gate refused, for tables.

    Attributes:
        target: the target's name.
        required: how many requirements there were.
        missed: those that were not met: what, measured, limit.
        worst: tensors that lose the most, the worst first; empty where they cannot be read back.
    """

    target: str
    required: int
    missed: tuple[tuple[str, str, str], ...]
    worst: tuple[WorstTensor, ...] = ()


class GateError(EdgefaceError):
    """An artifact was built and validated, but is not good enough.

    Args:
        what, where, fix: as of every error.
        repair: what was tried so that it would be (an `edgeface.core.repair_record.RepairRecord`), if anything was.
        refused: what was missed, and where.

    Attributes:
        report: the page that shows it, once it is written.
    """

    exit_code = 1

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        fix: str | None = None,
        repair: Any = None,
        refused: Refused | None = None,
    ) -> None:
        super().__init__(what, where=where, fix=fix)
        self.repair = repair
        self.refused = refused
        self.report: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The error as the `--json` document shows it, with what was missed and what was tried."""
        tried = {} if self.repair is None else {"repair": self.repair.model_dump(mode="json")}
        shown = {} if self.refused is None else {"refused": asdict(self.refused), "report": self.report}
        return {**super().as_dict(), **shown, **tried}


def did_you_mean(name: str, known: Iterable[str], cutoff: float = 0.5) -> str:
    """The start of a fix for an unknown name: "did you mean X? " with the closest known one, "" if none is close."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), n=1, cutoff=cutoff)
    return f"did you mean {near[0]}? " if near else ""
