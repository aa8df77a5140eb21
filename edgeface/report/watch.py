"""Observer that keeps the most different images and a typical one while an artifact is judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeface.contracts import Contract
from edgeface.core.description import Table
from edgeface.report.chart import Chart
from edgeface.report.galleries import TaskGallery, gallery_of
from edgeface.report.seen import KEPT, Seen, SeenImage, picture_of, worst_first
from edgeface.report.sight import Sight
from edgeface.tasks import task_of
from edgeface.tasks.task import Agreement, View

TYPICAL_OF = 16


@dataclass
class Watcher:
    """Images kept while an artifact is judged. Pass `see` as the `watch` of `edgeface.validate.judge.Candidate`.

    `first` is the first image's tensor, for the error by layer; `count` is the number of images so far; `records` are
    what was seen of each, in order, where decisions are compared.
    """

    contract: Contract
    images: bool = True
    first: NDArray[np.float32] | None = None
    count: int = 0
    records: list[SeenImage] = field(default_factory=list)
    _worst: list[Sight] = field(default_factory=list)
    _early: list[Sight] = field(default_factory=list)

    @property
    def shown_as(self) -> TaskGallery:
        """How images of the contract's task are shown."""
        return gallery_of(task_of(self.contract))

    def see(self, shown: View, reference: Any, candidate: Any, agreed: Agreement | None) -> None:
        """Keep an image if it is among the worst or the first ones."""
        if self.first is None:
            self.first = shown.tensor
        index, self.count = self.count, self.count + 1
        if agreed is None:
            return
        severity, limit = agreed.severity, self.shown_as.max_images
        self.records.append(self.shown_as.record(shown, severity, reference, candidate))
        if not self.images:
            return
        wanted = len(self._worst) < limit or severity > self._worst[-1].severity
        if not wanted and len(self._early) >= TYPICAL_OF:
            return
        sight = self.shown_as.sight(index, shown, severity, reference, candidate)
        if len(self._early) < TYPICAL_OF:
            self._early.append(sight)
        self._worst = sorted([*self._worst, sight], key=lambda item: (tuple(-x for x in item.severity), item.index))
        del self._worst[limit:]

    def charts(self, target: str) -> tuple[Chart, ...]:
        """Distributions over all images."""
        return self.shown_as.charts(self.records, target)

    def tables(self) -> tuple[Table, ...]:
        """Tables over all images."""
        return self.shown_as.tables(self.records)

    def chosen(self) -> tuple[list[Sight], Sight | None]:
        """The worst images, worst first, and the median of the first images unless it is one of those."""
        ordered = sorted(self._early, key=lambda sight: (sight.severity, sight.index))
        informative = [sight for sight in ordered if sight.informative]
        typical = informative[len(informative) // 2] if informative else None
        return list(self._worst), None if typical in self._worst else typical

    def seen(self, names: Sequence[str]) -> Seen | None:
        """The record for pages of several artifacts, with pictures of the chosen images; None where none is shown.

        Args:
            names: the images' displayed names in order; empty where unknown.
        """
        worst, typical = self.chosen()
        if not worst:
            return None
        known = names if len(names) == len(self.records) else [""] * len(self.records)
        named = [each.model_copy(update={"name": name}) for each, name in zip(self.records, known, strict=True)]
        chosen = [*worst, *([] if typical is None else [typical])]
        pictures = {self.records[sight.index].digest: picture_of(sight.image) for sight in chosen}
        return Seen(count=len(named), images=tuple(worst_first(named)[:KEPT]), pictures=pictures)
