"""What is known of an export's artifacts on a class of processors, or of candidates among which one is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edgeface.backends.target import Target
from edgeface.compile.job import Job
from edgeface.compile.stage import Staged
from edgeface.core.artifact import write_json
from edgeface.core.processor_record import PROCESSOR, ProcessorRecord, TargetRecord, Took
from edgeface.exporting.processor_choice import explained, why
from edgeface.exporting.processor_times import ProcessorTimes
from edgeface.exporting.processor_trials import ProcessorTrials
from edgeface.exporting.validation import Validation
from edgeface.quantize.statistics import CalibrationStats


class ProcessorForecasts:
    """Measures or predicts artifacts, and writes what it knows into their folders.

    Args:
        times: tells what models take.
        timed: whether artifacts of several named targets are timed against each other.
    """

    def __init__(self, times: ProcessorTimes, timed: bool) -> None:
        self._times, self._timed = times, timed
        self._records: dict[str, ProcessorRecord] = {}

    @property
    def records(self) -> Mapping[str, ProcessorRecord]:
        """By target."""
        return self._records

    def add(self, staged: Sequence[Staged]) -> None:
        """Time or predict artifacts of named targets, and say of each whether another is known to be quicker."""
        there = [each for each in staged if each.built.target.finish is None]
        took = self._took(there)
        found = {each.manifest.target: self._times.quicker(each.manifest.target) for each in there}
        advice = {name: each.sentence for name, each in found.items() if each is not None and each.target not in found}
        if not took and not advice:
            return
        passed = [
            TargetRecord(
                target=each.manifest.target,
                gate="passed",
                took=took.get(each.manifest.target),
                why="" if each.manifest.target in took else self._times.unknown,
                model_bytes=each.manifest.model_bytes,
            )
            for each in there
        ]
        timed = [each for each in passed if each.took is not None]
        best = min(timed, key=lambda each: each.took.ratio if each.took else 0, default=None)
        records, said = passed, ""
        if best is not None:
            records = [explained(each, best, self._times.basis) for each in passed]
            said = why(best, records, self._times.wanted.title, self._times.basis)
        for each in there:
            further = advice.get(each.manifest.target if best is None else best.target)
            sentences = [sentence for sentence in (said, further) if sentence]
            self._keep(each, self._times.record(each, records, ". ".join(sentences)))

    def chosen(
        self, job: Job, targets: Sequence[Target], stats: CalibrationStats | None, validation: Validation
    ) -> Staged:
        """The artifact of the quickest target that passes the gate, with the record of the choice in its folder.

        Raises:
            GateError: none is good enough.
        """
        staged, record = ProcessorTrials(job, targets, stats, self._times, validation).quickest()
        self._keep(staged, record)
        return staged

    def _took(self, staged: Sequence[Staged]) -> Mapping[str, Took]:
        if self._times.wanted.here and not (self._timed and len(staged) > 1):
            return {}
        return self._times.took({each.manifest.target: each.built for each in staged})

    def _keep(self, staged: Staged, record: ProcessorRecord) -> None:
        write_json(staged.folder / PROCESSOR, record.as_dict())
        self._records[staged.manifest.target] = record
