"""The run of a benchmark: targets are built, judged and written, by an engine; then all are timed side by side.

Times are never measured while anything is built or judged: they are taken at the end, in this process.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

from edgeface.backends import runtime_named
from edgeface.backends.target import Target
from edgeface.benchmark.candidates import every_target
from edgeface.benchmark.judging import Judging
from edgeface.benchmark.making import Making, make_target
from edgeface.benchmark.record import BenchmarkRecord, TargetRecord, remembered, write_benchmark
from edgeface.benchmark.time import ROUNDS, timed, with_boards
from edgeface.compile.calibrate import calibrate
from edgeface.compile.export_images import export_images
from edgeface.compile.job import Job
from edgeface.compile.recipe_effective import record_of
from edgeface.compile.request import ExportRequest
from edgeface.compile.requested import recipe_name
from edgeface.core.artifact import Artifact
from edgeface.core.blas_threads import one_blas_thread
from edgeface.core.memory import release_memory
from edgeface.core.progress import note, track
from edgeface.core.staging import move_into_place, staging
from edgeface.core.versions import versions
from edgeface.engine.local import HERE
from edgeface.errors import EdgefaceError
from edgeface.exporting.checked import Checked, checked_request
from edgeface.quantize.statistics import CalibrationStats
from edgeface.tasks import task_of

_JUDGED_BY = ("labels", "label_images", "pairs", "pair_images", "detector", "recognizer")
REFUSED = "refused-{target}.html"
"""The report of a target that was refused, in the folder of the benchmark."""


@one_blas_thread()
def run_benchmark(request: ExportRequest, *, again: bool = False, rounds: int = ROUNDS) -> BenchmarkRecord:
    """Every target of a model, judged on the same images and timed in interleaved rounds.

    What is good enough is written as by `edgeface.export`; what is not, is a row that says why. After each target
    `benchmark.json` is written, and a later run with the same inputs goes on from there.

    Args:
        request: an export; without targets every target that runs on a processor. Its engine calibrates, builds and
            judges: the artifacts and records are the same with each.
        again: make everything again.
        rounds: interleaved rounds of timing, at least 3.

    Raises:
        InputError, CheckpointError, ContractError, GraphError: as `edgeface.export`, but for what only a target lacks.
    """
    asked = checked_request(request if request.targets else replace(request, targets=every_target(request)))
    with export_images(asked.request, asked.recipe) as images, staging(request.out) as folder:
        job = asked.open(images)
        return _Targets(asked, job, folder, remembered(request.out, again), rounds).records()


@dataclass
class _Targets:
    """Makes the targets of one opened request, one after another."""

    asked: Checked
    job: Job
    folder: Path
    earlier: BenchmarkRecord
    rounds: int

    def records(self) -> BenchmarkRecord:
        out = self.asked.request.out
        whole, found = self._header(), {each.target: each for each in self.earlier.targets}
        known = {each.name: self._known(each) for each in self.asked.targets}
        new = [each for each in self.asked.targets if known[each.name] is None]
        found |= {name: record for name, record in known.items() if record is not None}
        for record in track(self._made(new), "targets", len(new)):
            found[record.target] = record
            # Those of an earlier run stay until it is their turn, so that a second interruption loses none.
            write_benchmark(out, whole.model_copy(update={"targets": tuple(found.values())}))
        whole = whole.model_copy(update={"targets": tuple(found[each.name] for each in self.asked.targets)})
        release_memory()
        whole = with_boards(timed(whole, self.asked, self.rounds), self.asked)
        write_benchmark(out, whole)
        return whole

    def _header(self) -> BenchmarkRecord:
        contract = self.job.source.contract
        recipe = record_of(self.asked.recipe, recipe_name(self.asked.request, task_of(contract).name))
        board = self.asked.board
        return BenchmarkRecord(
            model=self.asked.recipe.model,
            contract=f"{contract.family} {contract.variant}, {contract.input.height}×{contract.input.width}",
            board="" if board is None else board.title,
            images=len(self.job.images.judge_names),
            recipe=recipe.name,
            recipe_sha256=recipe.sha256,
            machine=self.earlier.machine,  # of the times that are kept; new ones replace them
            baseline=self.earlier.baseline,
            date=date.today().isoformat(),
        )

    def _key(self, wanted: Target) -> str:
        """A hash of what decides the record of a target."""
        request, source = self.asked.request, self.job.source
        parts = {
            "sources": {**source.provenance, **self.job.images.provenance()},
            "contract": source.contract.model_dump(mode="json"),
            "recipe": record_of(self.asked.recipe, "").sha256,
            "options": [request.io, request.integer_only, request.device, request.winograd, repr(request.repair)],
            "judged": [str(getattr(request, name)) for name in _JUDGED_BY],
            "versions": versions(*runtime_named(wanted.runtime).distributions),
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()

    def _known(self, wanted: Target) -> TargetRecord | None:
        """What an earlier run found, if it still holds and its artifact is there."""
        record = next((each for each in self.earlier.targets if each.target == wanted.name), None)
        if record is None or record.key != self._key(wanted):
            return None
        if record.outcome == "written":
            try:
                there = Artifact.open(self.asked.folder(wanted.name)).manifest.model_sha256
            except EdgefaceError:
                return None
            if there != record.model_sha256:
                return None
        note(f"{wanted.name}: as an earlier run found it")
        return record

    def _made(self, wanted: Sequence[Target]) -> Iterator[TargetRecord]:
        """The record of each target, made by the request's engine, once what it writes is in its place."""
        started = [TargetRecord(target=each.name, key=self._key(each), outcome="impossible") for each in wanted]
        engine = self.asked.request.engine
        if engine == HERE or len(started) < 2:
            for each in started:
                yield self._placed(make_target(self._making, each, self._refused(each)))
            return
        task = Judging(replace(self.asked.request, engine=HERE), self.job.images, self._stats)
        with closing(engine.run(task, started)) as results:
            for _, made in results:
                made.unpack(self._staged(made.record), self._refused(made.record))
                yield self._placed(made.record)

    def _placed(self, record: TargetRecord) -> TargetRecord:
        """The same, with its artifact moved to its final path and no report of a refusal, if it is good enough."""
        if record.outcome == "written":
            self._refused(record).unlink(missing_ok=True)
            move_into_place([(self._staged(record), self.asked.folder(record.target))])
        return record

    def _staged(self, record: TargetRecord) -> Path:
        return self.folder / self.asked.folder(record.target).name

    def _refused(self, record: TargetRecord) -> Path:
        return self.asked.request.out / REFUSED.format(target=record.target)

    @property
    def _making(self) -> Making:
        return Making(self.asked, self.job, self._stats, self.folder)

    @cached_property
    def _stats(self) -> CalibrationStats | None:
        return calibrate(self.job) if any(each.scheme for each in self.asked.targets) else None
