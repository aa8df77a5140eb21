"""Judging of an export's builds, repair of those that are refused, and staging of the results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from edgeface.compile.build import Built
from edgeface.compile.job import Job
from edgeface.compile.judge_built import Judged, judge_built
from edgeface.compile.recipe_text import recipe_text
from edgeface.compile.repair.repair import Result, repaired
from edgeface.compile.request import ExportRequest
from edgeface.compile.stage import Staged, stage, write_model
from edgeface.core.memory import release_memory
from edgeface.core.writing import write_file
from edgeface.exporting.reports import ExportReports
from edgeface.quantize.statistics import CalibrationStats


class Validation:
    """Judges the builds of one export.

    Args:
        job: the export.
        request: its request.
        folder: its temporary folder.
        reports: collect what the judging shows.

    Attributes:
        folder: the temporary folder, with a folder for each target's artifact.
    """

    def __init__(self, job: Job, request: ExportRequest, folder: Path, reports: ExportReports) -> None:
        self._job = job
        self._request = request
        self.folder = folder
        self._reports = reports

    def staged(self, built: Sequence[Built], stats: CalibrationStats | None) -> list[Staged]:
        """The artifacts' temporary folders, if all are good enough, or could be made so.

        Args:
            built: the builds.
            stats: calibration statistics; None where no target is quantized.

        Raises:
            GateError: one is not; the report of the refusal is written if requested.
        """
        staged = []
        for found in self.attempts(built, stats):
            if found.refusal is not None:
                raise found.refusal
            staged.append(found)
        return staged

    def attempts(self, built: Sequence[Built], stats: CalibrationStats | None) -> Iterator[Staged]:
        """The same one after another; those that are not good enough have their refusal, and a report if requested."""
        models = [write_model(self._job, item, self.folder) for item in built]
        judged = judge_built(self._job, built, models, [self._reports.watch(item) for item in built])
        release_memory()  # all runtimes were open at the same time
        for each in judged:
            result = self._repaired(each, stats)
            found = stage(result.job, result.judged)
            if found.refusal is None:
                self._save_recipe(result)
            else:
                self._reports.write_refused(found)
            yield found

    def _repaired(self, judged: Judged, stats: CalibrationStats | None) -> Result:
        def rejudge(job: Job, built: Built) -> Judged:
            model = write_model(job, built, self.folder)
            again = [self._reports.watch(built)]
            return judge_built(job, [built], [model], again, judged.findings.noise)[0]

        result = repaired(self._job, judged, stats, self._request.repair, rejudge, self._request.out)
        result.judged.built.write(result.judged.model.parent)  # another build may have been judged in its place
        return result

    def _save_recipe(self, result: Result) -> None:
        path, target = self._request.repair.save_recipe, result.judged.built.target.name
        if path is not None:
            repair = result.judged.repair
            remark = f"{result.job.recipe.model} for {target}." + ("" if repair is None else f"\n{repair.summary}")
            write_file(path, recipe_text(result.job.recipe, remark), "the recipe")
