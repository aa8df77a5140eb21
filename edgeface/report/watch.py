"""Look on while an artifact is proven, and remember the images that say most: the worst, and a typical one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeface.contracts import Contract
from edgeface.report.galleries import TaskGallery, gallery_of
from edgeface.report.sight import Sight
from edgeface.tasks import task_of
from edgeface.tasks.task import Agreement, View

TYPICAL_OF = 16


@dataclass
class Watcher:
    """What the comparison of an artifact shows. Pass `see` as `watch` to `edgeface.validate.compare.compare`.

    `first` is the first image's tensor, on which the error by layer is taken; `count` the images so far.
    """

    contract: Contract
    images: bool = True
    first: NDArray[np.float32] | None = None
    count: int = 0
    _worst: list[Sight] = field(default_factory=list)
    _early: list[Sight] = field(default_factory=list)

    @property
    def shown_as(self) -> TaskGallery:
        """How images of the contract's task are shown."""
        return gallery_of(task_of(self.contract))

    def see(self, shown: View, reference: Any, candidate: Any, agreed: Agreement | None) -> None:
        """Remember an image, if it is among the worst or the first ones."""
        if self.first is None:
            self.first = shown.tensor
        index, self.count = self.count, self.count + 1
        if agreed is None or not self.images:
            return
        severity, most = agreed.severity, self.shown_as.most
        wanted = len(self._worst) < most or severity > self._worst[-1].severity
        if not wanted and len(self._early) >= TYPICAL_OF:
            return
        sight = self.shown_as.sight(index, shown, severity, reference, candidate)
        if len(self._early) < TYPICAL_OF:
            self._early.append(sight)
        self._worst = sorted([*self._worst, sight], key=lambda item: (tuple(-x for x in item.severity), item.index))
        del self._worst[most:]

    def chosen(self) -> tuple[list[Sight], Sight | None]:
        """The worst images, the worst first, and the middle of the first ones where it is none of those."""
        ordered = sorted(self._early, key=lambda sight: (sight.severity, sight.index))
        telling = [sight for sight in ordered if sight.telling]
        typical = telling[len(telling) // 2] if telling else None
        return list(self._worst), None if typical in self._worst else typical
