"""The judge: runs the reference once on every image, and scores any number of candidates against it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Protocol

import numpy as np

from edgeface.contracts import Contract
from edgeface.core.certificate import Evidence
from edgeface.core.prefetch import prefetch
from edgeface.core.temporary import temporary_folder
from edgeface.core.writing import fill_file
from edgeface.graph.types import Array
from edgeface.tasks import task_of
from edgeface.tasks.task import Agreement, Image, View
from edgeface.validate.compare import Comparer, Findings, Look, Watch
from edgeface.validate.noise import NoiseFloor, NoiseMeter, Noises
from edgeface.validate.reference import Network, Reference, one_at_a_time
from edgeface.validate.side_by_side import Outputs, referenced, side_by_side

_NO_NOISE = Noises()


class Observer(Protocol):
    """Measures one candidate beyond its agreement, on the same images."""

    def see(self, look: Look) -> None:
        """Add an image with the outputs of reference and candidate."""
        ...


@dataclass(frozen=True)
class Candidate:
    """A network to score; `watch` and `observers` are called for each image."""

    run: Network
    watch: Watch | None = None
    observers: tuple[Observer, ...] = ()


class Judge:
    """Scores candidates against one reference on one set of images. Use it as a context manager.

    However many candidates are scored in a call, each image is decoded once and the reference runs on it once. With
    `keep` that includes later calls of `score`: images and the reference's outputs stay on disk until the end, and
    take about as much space as the decoded images.

    Args:
        reference: the float32 network.
        contract: defines how images become tensors and tensors become decisions.
        images: returns the images, uint8 [H,W,3] in BGR, as the task's `prepare` takes them; called for each scoring
            that has no recorded ones.
        kind: the kind of images.
        keep: whether `score` will be called again.
        noises: changes of images whose effect on the reference is measured too, once; in findings of decisions only.
    """

    def __init__(
        self,
        reference: Reference,
        contract: Contract,
        images: Callable[[], Iterable[Image]],
        kind: Evidence,
        keep: bool = False,
        noises: Noises = _NO_NOISE,
    ) -> None:
        self.reference = one_at_a_time(reference) if noises.changes and reference.twin is None else reference
        self.contract = contract
        self.kind: Evidence = kind
        self._images = images
        self._task = task_of(contract)
        self._kept = _Kept() if keep else None
        self._noises = _NO_NOISE if kind == "synthetic" else noises
        self._floor: NoiseFloor | None = None

    def score(self, candidates: Sequence[Candidate]) -> list[Findings]:
        """The agreement of each candidate with the reference; not yet judged.

        Raises:
            InputError: an image cannot be used.
            RuntimeFailure: a network fails.
        """
        comparers = [Comparer(self._task, self.kind, candidate.watch) for candidate in candidates]
        runs = [candidate.run for candidate in candidates]
        with ExitStack() as held:
            meter = held.enter_context(self._meter()) if self._noises.changes and self._floor is None else None
            for item in side_by_side(self._shown(ahead=len(runs) == 1), runs, self.contract.input.name):
                decided = self._decided(item.wanted, item.view)
                if meter is not None:
                    meter.see(item.view, decided)
                for candidate, comparer, got in zip(candidates, comparers, item.got, strict=True):
                    look = Look(item.view, item.wanted, got, decided, self._decided(got, item.view))
                    for observer in (comparer, *candidate.observers):
                        observer.see(look)
            if meter is not None:
                self._floor = self._measured(meter, [comparer.findings().decisions for comparer in comparers])
        return [replace(comparer.findings(), noise=self._floor) for comparer in comparers]

    def _measured(self, meter: NoiseMeter, agreed: Sequence[Agreement | None]) -> NoiseFloor:
        """The noise floor: of a part of the images if that shows enough."""
        enough = self._noises.enough
        if meter.partial and not (enough is not None and enough(agreed, meter.least)):
            meter.complete(self._views() if self._kept is None else (view for view, _ in self._shown(ahead=False)))
        return meter.floor()

    def _meter(self) -> NoiseMeter:
        return NoiseMeter(self.reference.twin or self.reference.run, self.contract, self._noises)

    def _decided(self, outputs: Outputs, view: View) -> Any:
        return None if self.kind == "synthetic" else self._task.decide(outputs, self.contract, view)

    def first_tensor(self) -> Outputs:
        """The first image's input tensor, by the input's name; for the layerwise comparison."""
        view = next(iter(self._views()))
        return {self.contract.input.name: view.tensor}

    def shown(self) -> Iterator[tuple[View, Outputs]]:
        """Each image with what the reference gives for it; recorded like those of `score`."""
        return self._shown(ahead=True)

    def __enter__(self) -> Judge:
        """The judge itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the recorded files."""
        if self._kept is not None:
            self._kept.close()

    def _shown(self, ahead: bool) -> Iterator[tuple[View, Outputs]]:
        if self._kept is not None and self._kept.complete:
            yield from self._kept.read(self._task.prepare, self.contract)
            return
        # One candidate leaves a core to decode beside the reference; several keep all cores busy.
        views = prefetch(self._views()) if ahead else self._views()
        shown = referenced(self.reference.run, self.contract.input.name, views)
        yield from shown if self._kept is None else self._kept.record(shown)

    def _views(self) -> Iterator[View]:
        return (self._task.prepare(image, self.contract) for image in self._images())


class _Kept:
    """Images and the reference's outputs on disk, one file each."""

    def __init__(self) -> None:
        self._held = ExitStack()
        self._folder = self._held.enter_context(temporary_folder())
        self._names: list[str] = []
        self._count = 0
        self.complete = False

    def record(self, shown: Iterable[tuple[View, Outputs]]) -> Iterator[tuple[View, Outputs]]:
        """Pass on each item, and record it."""
        self._count = 0
        for view, wanted in shown:
            self._names = list(wanted)
            fill_file(self._file(self._count), partial(_save, arrays=(view.image, *wanted.values())), "the reference")
            self._count += 1
            yield view, wanted
        self.complete = True

    def read(self, prepare: Callable[[Image, Contract], View], contract: Contract) -> Iterator[tuple[View, Outputs]]:
        """The recorded items, in order."""
        for number in range(self._count):
            with self._file(number).open("rb") as file:
                image = np.load(file, allow_pickle=False)
                wanted = {name: np.load(file, allow_pickle=False) for name in self._names}
            yield prepare(image, contract), wanted

    def close(self) -> None:
        """Remove the files."""
        self._held.close()

    def _file(self, number: int) -> Path:
        return self._folder / f"{number}.npy"


def _save(stream: BinaryIO, arrays: Iterable[Array]) -> None:
    for array in arrays:
        np.save(stream, array, allow_pickle=False)
