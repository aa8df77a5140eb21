"""A simulation of one run of an engine: when each part is computed by which worker, and when all are done.

It follows `edgeface/engine/dispatch.py`: two parts in hand, lost parts first, copies for idle workers at the end. Costs
are given in seconds; what it predicts for small runs is compared with measured ones in reports/scale.md.
"""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from edgeface.engine.dispatch import AHEAD, STRAGGLES


@dataclass(frozen=True)
class Run:
    """What is simulated.

    Attributes:
        parts: number of parts.
        workers: number of workers, all ready at the start.
        part_s: seconds that a worker takes for a part, by part and worker.
        handled_s: seconds of the caller for each part: it sends it, gets the answer and merges it, one after the other.
        carried_s: seconds that a part and its answer take on the network.
        lost: by worker the second at which it is lost for good.
    """

    parts: int
    workers: int
    part_s: Callable[[int, int], float]
    handled_s: float = 0.0
    carried_s: float = 0.0
    lost: dict[int, float] = field(default_factory=dict)


@dataclass(eq=False)
class _Worker:
    """A worker: the parts in its hand, whether it computes the first of them, and since when."""

    number: int
    hand: deque[int] = field(default_factory=deque)
    busy: bool = False
    since: float = 0.0


def simulate(run: Run) -> tuple[float, int]:
    """Seconds until all parts are done, and how many were computed, repeated ones among them."""
    simulation = _Simulation(run)
    while simulation.undone:
        simulation.step()
    return simulation.caller, simulation.computed


class _Simulation:
    def __init__(self, run: Run) -> None:
        self.run = run
        self.workers = {number: _Worker(number) for number in range(run.workers)}
        self.waiting = deque(range(run.parts))
        self.undone = set(range(run.parts))
        self.computed = self.order = 0
        self.looking = False
        self.caller = 0.0  # until when the caller is busy
        self.took: deque[float] = deque(maxlen=100)
        self.events: list[tuple[float, int, str, int]] = []  # second, order, what, worker
        for number, second in run.lost.items():
            self.push(second, "lost", number)
        self.give_out(0.0)

    def push(self, second: float, what: str, worker: int = -1) -> None:
        self.order += 1
        heapq.heappush(self.events, (second, self.order, what, worker))

    def step(self) -> None:
        """What happens next."""
        second, _, what, number = heapq.heappop(self.events)
        worker = self.workers.get(number)
        if what == "lost" and worker is not None:
            del self.workers[number]
            held = {part for other in self.workers.values() for part in other.hand}
            self.waiting.extendleft(part for part in reversed(worker.hand) if part in self.undone - held)
        elif what == "came" and worker is not None:
            self.begin(worker, second)
        elif what == "done" and worker is not None:
            self.done(worker, second)
        elif what == "look":
            self.looking = False
        self.give_out(max(second, self.caller) if what == "done" else second)

    def begin(self, worker: _Worker, second: float) -> None:
        if worker.hand and not worker.busy:
            worker.busy, worker.since = True, second
            self.push(second + self.run.part_s(worker.hand[0], worker.number), "done", worker.number)

    def done(self, worker: _Worker, second: float) -> None:
        self.caller = max(self.caller, second + self.run.carried_s / 2) + self.run.handled_s
        self.took.append(second - worker.since)
        self.computed += 1
        self.undone.discard(worker.hand.popleft())
        worker.busy = False
        self.begin(worker, second)

    def give_out(self, second: float) -> None:
        """Fill the hands; where a late part may still be copied, look again in a second."""
        for depth in range(AHEAD):
            for worker in self.workers.values():
                if len(worker.hand) <= depth:
                    part = self.next_part()
                    if part is None:
                        self.give_copies(second)
                        return
                    self.give(worker, part, second)

    def give(self, worker: _Worker, part: int, second: float) -> None:
        worker.hand.append(part)
        self.push(second + self.run.carried_s / 2, "came", worker.number)

    def next_part(self) -> int | None:
        while self.waiting:
            part = self.waiting.popleft()
            if part in self.undone:
                return part
        return None

    def give_copies(self, second: float) -> None:
        idle = [worker for worker in self.workers.values() if not worker.hand]
        if idle:
            for worker, part in zip(idle, self.to_copy(second), strict=False):
                self.give(worker, part, second)
        if not self.looking:
            self.looking = True
            self.push(second + 1.0, "look")

    def to_copy(self, second: float) -> list[int]:
        busy = [worker for worker in self.workers.values() if worker.hand]
        held = Counter(part for worker in busy for part in worker.hand)
        alone = {part for part, count in held.items() if count == 1 and part in self.undone}
        waiting = [part for worker in busy for part in list(worker.hand)[1:] if part in alone]
        limit = STRAGGLES * max(median(self.took), 1.0) if self.took else float("inf")
        late = sorted((worker.since, worker.hand[0]) for worker in busy if worker.hand[0] in alone)
        return waiting + [part for since, part in late if second - since > limit]
