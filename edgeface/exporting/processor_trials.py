"""The candidates of an export for a class of processors: timed here or predicted, and judged when it is their turn."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from edgeface.backends import runtime_named
from edgeface.backends.target import Target
from edgeface.compile.build import Built, build
from edgeface.compile.job import Job
from edgeface.compile.stage import Staged, write_model
from edgeface.core.memory import release_memory
from edgeface.core.processor_record import ProcessorRecord, TargetRecord
from edgeface.core.progress import track
from edgeface.errors import GraphError, InputError, RuntimeFailure
from edgeface.exporting.choose import none_passes
from edgeface.exporting.for_processor import unusable
from edgeface.exporting.in_order import judge_in_order, quickest
from edgeface.exporting.processor_choice import explained, why
from edgeface.exporting.processor_times import ProcessorTimes
from edgeface.exporting.validation import Validation
from edgeface.quantize.statistics import CalibrationStats


class ProcessorTrials:
    """Builds, times and judges the candidates of one export.

    Args:
        job: the export.
        targets: the candidates, in the order in which they are tried where no times are known.
        stats: calibration statistics.
        times: tells what candidates take.
        validation: judges builds.
    """

    def __init__(
        self,
        job: Job,
        targets: Sequence[Target],
        stats: CalibrationStats | None,
        times: ProcessorTimes,
        validation: Validation,
    ) -> None:
        self._job, self._stats = job, stats
        self._targets = {each.name: each for each in targets}
        self._times, self._validation = times, validation
        self._built: dict[str, Built] = {}
        self._records = {each.name: TargetRecord(target=each.name, gate="not judged") for each in targets}

    def quickest(self) -> tuple[Staged, ProcessorRecord]:
        """The artifact of the quickest target that passes the gate, and what is known of every candidate.

        Raises:
            GateError: none passes.
        """
        for name, each in self._targets.items():
            self._set(name, why=unusable(each) or "")
        if self._times.wanted.here:
            self._build_all()
        self._time()
        outcomes = judge_in_order({name: self._ratio(name) for name in self._usable()}, self._judge)
        for name, outcome in outcomes.items():
            self._set(name, gate=outcome.gate, why=outcome.why)
        best = quickest(outcomes)
        if best is None:
            judged = [(each.target, each.gate, each.why) for each in self._records.values()]
            raise none_passes(judged, self._times.wanted.title)
        staged = outcomes[best].result
        assert staged is not None
        return staged, self._record(staged, best)

    def _build_all(self) -> None:
        """Build every candidate and load it once: one that fails would end the timing of all."""
        for name in track(self._usable(), f"building for {self._times.wanted.title}"):
            try:
                built = self._build(name)
                path = write_model(self._job, built, self._validation.folder)
                runtime_named(built.target.runtime).open(path, 1)
            except GraphError as error:
                self._set(name, gate="not built", why=error.what)
            except (InputError, RuntimeFailure) as error:
                self._set(name, gate="refused", why=error.what)
        release_memory()  # calibration kept every activation of an image

    def _time(self) -> None:
        took = self._times.took({name: self._built.get(name) for name in self._usable()})
        for name in self._usable():
            self._set(name, took=took.get(name), why="" if name in took else self._times.unknown)

    def _judge(self, name: str) -> tuple[Staged, float]:
        """The artifact of a target and its time, which a repair may change. Errors as of `Validation.staged`."""
        built = self._build(name)
        (staged,) = self._validation.staged([built], self._stats)
        if staged.built.files != built.files:
            self._set(name, took=self._times.took({name: staged.built}).get(name))
        self._set(name, model_bytes=_bytes(staged.built))
        return staged, self._ratio(name)

    def _record(self, staged: Staged, best: str) -> ProcessorRecord:
        records = [explained(each, self._records[best], self._times.basis) for each in self._records.values()]
        chosen = self._records[best]
        said = why(chosen, records, self._times.wanted.title, self._times.basis)
        known = self._times.quicker(best)
        untimed = [each.target for each in self._records.values() if each.took is None]
        if known is not None and known.target in untimed:  # it cannot be used here; else its time speaks for itself
            said = f"{said}. But {known.sentence}"
        return self._times.record(staged, records, said)

    def _usable(self) -> list[str]:
        """The candidates that may still be chosen."""
        open_ = (each for each in self._records.values() if each.gate == "not judged")
        return [each.target for each in open_ if unusable(self._targets[each.target]) is None]

    def _build(self, name: str) -> Built:
        if name not in self._built:
            self._built[name] = build(self._job, self._targets[name], self._stats)
            self._set(name, model_bytes=_bytes(self._built[name]))
        return self._built[name]

    def _ratio(self, name: str) -> float:
        took = self._records[name].took
        return inf if took is None else took.ratio

    def _set(self, name: str, **changed: object) -> None:
        self._records[name] = self._records[name].model_copy(update=changed)


def _bytes(built: Built) -> int:
    return sum(map(len, built.files.values()))
