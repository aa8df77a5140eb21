"""The panel: a few images with what the reference makes of them, which judge any number of models quickly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edgeface.analysis.effect import Effect
from edgeface.contracts import Contract
from edgeface.core.certificate import Evidence
from edgeface.graph.types import Array
from edgeface.tasks import task_of
from edgeface.tasks.drift import Drift
from edgeface.tasks.task import Agreement, Image, Task, View
from edgeface.validate.compare import Watch
from edgeface.validate.reference import Network, Reference
from edgeface.validate.side_by_side import Outputs
from edgeface.validate.tensors import TensorAgreement, compare_tensors


@dataclass(frozen=True)
class Seen:
    """An image as the network sees it, with the reference's outputs and decisions; None for synthetic images."""

    view: View
    wanted: Outputs
    decided: Any


@dataclass(frozen=True)
class Panel:
    """Images with the reference's outputs, all in memory.

    `names` are the images' displayed names, empty where unknown; `kind` is the kind of images.
    """

    contract: Contract
    kind: Evidence
    seen: tuple[Seen, ...]
    names: tuple[str, ...] = ()

    @property
    def task(self) -> Task:
        """What the network is for."""
        return task_of(self.contract)

    def feeds(self, count: int | None = None) -> list[dict[str, Array]]:
        """The inputs of the images, or of at most `count` of them, evenly spread."""
        chosen = range(len(self.seen)) if count is None else _spread(len(self.seen), count)
        return [{self.contract.input.name: self.seen[index].view.tensor} for index in chosen]

    def wanted(self, count: int) -> list[Outputs]:
        """The reference's outputs for what `feeds` gives."""
        return [self.seen[index].wanted for index in _spread(len(self.seen), count)]

    def judge(self, run: Network, watch: Watch | None = None) -> Effect:
        """What a network does to the decisions, image by image; `watch` is called for each."""
        tensors: dict[str, TensorAgreement] = {}
        agreements: list[Agreement] = []
        drifts: list[Mapping[str, Drift]] = []
        for each in self.seen:
            got = run({self.contract.input.name: each.view.tensor})
            for name, array in each.wanted.items():
                tensors[name] = tensors.get(name, TensorAgreement()) + compare_tensors(array, got[name])
            decided = self._decided(got, each.view)
            agreed = None if self.kind == "synthetic" else self.task.agree(each.decided, decided)
            if agreed is not None:
                agreements.append(agreed)
                drifts.append(self.task.drift(each.wanted, got, self.contract))
            if watch is not None:
                watch(each.view, each.decided, decided, agreed)
        return Effect(tensors, tuple(agreements), tuple(drifts))

    def _decided(self, outputs: Outputs, view: View) -> Any:
        return None if self.kind == "synthetic" else self.task.decide(outputs, self.contract, view)


def open_panel(
    reference: Reference, contract: Contract, images: Iterable[Image], kind: Evidence, names: Sequence[str] = ()
) -> Panel:
    """The panel of images, on each of which the reference runs once.

    Args:
        reference: the float32 network.
        contract: its contract.
        images: as the task's `prepare` takes them.
        kind: the kind of images.
        names: their displayed names; dropped where their number is another, because faces were not found in some.
    """
    task, seen = task_of(contract), []
    for image in images:
        view = task.prepare(image, contract)
        wanted = reference.run({contract.input.name: view.tensor})
        seen.append(Seen(view, wanted, None if kind == "synthetic" else task.decide(wanted, contract, view)))
    return Panel(contract, kind, tuple(seen), tuple(names) if len(names) == len(seen) else ())


def _spread(total: int, count: int) -> list[int]:
    return [index * total // min(count, total) for index in range(min(count, total))]
