"""Ray as an engine: the parts are computed on the machines of a cluster."""

from __future__ import annotations

import pickle
import sys
import time
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from edgeface.core.progress import note
from edgeface.core.versions import versions
from edgeface.engine import ray_worker
from edgeface.engine.cargo import Cargo
from edgeface.engine.dispatch import Answer, Dispatch, Lost
from edgeface.engine.local import usable_cores
from edgeface.engine.missing import missing_there
from edgeface.engine.ray_cluster import connected
from edgeface.engine.task import Part, Result, Task
from edgeface.errors import EdgefaceError, InputError, RuntimeFailure

COMPUTES = ("ai-edge-litert", "ncnn", "opencv-python-headless", "openvino")
"""Distributions besides those of every export that determine results."""

START_S = 120.0
"""Seconds in which a first worker must have started."""

_LOOK_S, _SAY_S, _COUNT_S, _END_S = 1.0, 10.0, 5.0, 2.0


@dataclass(frozen=True)
class Ray:
    """The machines of a Ray cluster, with a worker for each of their processors.

    Attributes:
        address: `ray://HOST:PORT`; None for the cluster that this machine belongs to, else one that is started here.
        most: workers at most; None for one per processor.
    """

    address: str | None = None
    most: int | None = None

    @property
    def workers(self) -> int:
        """Workers at most, as far as that is known before the cluster is asked."""
        return self.most or usable_cores()

    def run(self, task: Task[Part, Result], parts: Iterable[Part]) -> Generator[tuple[int, Result], None, None]:
        """As `Engine.run`."""
        cargo = pickle.dumps(Cargo.of(task), pickle.HIGHEST_PROTOCOL)
        with connected(self.address, self.workers) as ray:
            fleet = _Machines(ray, cargo, self.most)
            try:
                yield from Dispatch(fleet, parts).results()
                fleet.dismiss()
            except EdgefaceError as error:
                raise missing_there(error) from error.__cause__
            finally:
                fleet.end()


@dataclass(eq=False)
class _Worker:
    """A worker, and its open questions: what it was asked, by the reference to its answer."""

    ray: Any
    actor: Any
    asked: list[Any] = field(default_factory=list)

    def send(self, number: int, part: Any) -> None:
        self.asked.append(self.actor.answer.remote(number, part))


class _Machines:
    """A worker for each processor of the cluster, as many as there are now; one that is lost is replaced."""

    def __init__(self, ray: Any, cargo: bytes, most: int | None) -> None:
        self._ray, self._most = ray, most
        ray.cloudpickle.register_pickle_by_value(ray_worker)
        self._class = ray.remote(num_cpus=1, max_restarts=0, scheduling_strategy="SPREAD")(ray_worker.RayWorker)
        self._cargo = ray.put(cargo)  # to each machine once, whatever number of workers it has
        self._wanted = versions(*COMPUTES)
        self._coming: dict[Any, _Worker] = {}  # by the reference to its greeting
        self._ready: list[_Worker] = []
        self._new: list[_Worker] = []
        self._processors: dict[str, str] = {}
        self._counted, self._count = 0.0, 0
        self._without_since = self._said = time.monotonic()

    def start(self) -> Sequence[_Worker]:
        now = time.monotonic()
        if now - self._counted > _COUNT_S:  # machines come and go
            there = int(self._ray.cluster_resources().get("CPU", 0))
            self._counted, self._count = now, max(min(there, self._most or there), 1)
        while len(self._coming) + len(self._ready) < self._count:
            actor = self._class.remote()
            self._coming[actor.greet.remote(self._wanted, self._cargo)] = _Worker(self._ray, actor)
        new, self._new = self._new, []
        return new

    def wait(self) -> Sequence[tuple[_Worker, Answer | Lost]]:
        asked = {ref: worker for worker in self._ready for ref in worker.asked}
        refs = [*asked, *self._coming]
        found, _ = self._ray.wait(refs, num_returns=1, timeout=_LOOK_S)
        if found:
            found, _ = self._ray.wait(refs, num_returns=len(refs), timeout=0)
        news: list[tuple[_Worker, Answer | Lost]] = []
        for ref in found:
            if ref in self._coming:
                self._welcome(ref)
            elif asked[ref] in self._ready:  # else it was lost just now
                news.append((asked[ref], self._heard(asked[ref], ref)))
        self._complain()
        return news

    def _heard(self, worker: _Worker, ref: Any) -> Answer | Lost:
        try:
            answer: Answer = pickle.loads(self._ray.get(ref))
        except self._ray.exceptions.RayError as error:
            self._ready.remove(worker)
            self._ray.kill(worker.actor)
            self._without_since = time.monotonic()
            return Lost(_brief(error))
        worker.asked.remove(ref)
        return answer

    def _welcome(self, ref: Any) -> None:
        """Let a worker work that has greeted."""
        worker = self._coming.pop(ref)
        try:
            said = self._ray.get(ref)
        except self._ray.exceptions.RayError as error:  # its machine is gone, or cannot start it
            if not self._ready and time.monotonic() - self._without_since > START_S:
                raise self._none(_brief(error)) from error
            return
        if said["differ"]:
            raise _refused(said["machine"], said["differ"])
        self._ready.append(worker)
        self._new.append(worker)
        self._compare(said["machine"], said["processor"])

    def _compare(self, machine: str, processor: str) -> None:
        """Note once that processors differ: kernels may then round otherwise."""
        if self._processors and processor not in self._processors:
            first, other = next(iter(self._processors.items()))
            note(
                f"the cluster's processors differ ({first} in {other}, {processor} in {machine}): last bits of float"
                " results may depend on which computes a part"
            )
        self._processors.setdefault(processor, machine)

    def _complain(self) -> None:
        now = time.monotonic()
        if self._ready:
            self._without_since = self._said = now
        elif now - self._without_since > START_S:
            raise self._none("all its processors are busy, or none can run Python")
        elif now - self._said > _SAY_S:
            self._said = now
            note(
                f"waiting for a worker: the cluster has {self._ray.available_resources().get('CPU', 0):g} free of "
                f"{self._ray.cluster_resources().get('CPU', 0):g} processors"
            )

    def _none(self, why: str) -> RuntimeFailure:
        return RuntimeFailure(
            f"no worker of the Ray cluster started within {START_S:.0f} s: {why}",
            where="--engine ray",
            fix="look at `ray status`; free processors, or add machines",
        )

    def dismiss(self) -> None:
        """Let workers remove their files: all work is done."""
        refs = [worker.actor.end.remote() for worker in self._ready if not worker.asked]
        if refs:
            self._ray.wait(refs, num_returns=len(refs), timeout=_END_S)

    def end(self) -> None:
        """End all workers at once, whatever they do."""
        for worker in (*self._ready, *self._coming.values()):
            self._ray.kill(worker.actor)
        self._ready, self._coming = [], {}


def _refused(machine: str, differ: dict[str, tuple[str, str | None]]) -> InputError:
    named = "; ".join(
        f"{name} {wanted} here, {'none' if there is None else there} there" for name, (wanted, there) in differ.items()
    )
    return InputError(
        f"a machine of the cluster would compute with other software: {named}",
        where=machine,
        fix="install the same versions on every machine, with Python "
        f"{sys.version_info.major}.{sys.version_info.minor}, or start Ray there from an environment that has them",
    )


def _brief(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
