"""Reports of an export: collects latency, layerwise errors, counts and images, and passes them to `report`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from edgeface.backends import target
from edgeface.bench.export_latency import NOT_ASKED, REFERENCE, measure_latencies
from edgeface.budgets.check import check
from edgeface.compile.artifact_folder import artifact_folder
from edgeface.compile.build import Built, build
from edgeface.compile.job import BuildOptions, Job
from edgeface.compile.layers import LayerErrors, layer_errors
from edgeface.compile.report_options import REPORT
from edgeface.compile.request import ExportRequest
from edgeface.compile.stage import Staged
from edgeface.core.artifact import write_json
from edgeface.core.prediction_record import PredictionRecord
from edgeface.core.processor_record import ProcessorRecord
from edgeface.core.progress import note
from edgeface.core.writing import fill_file
from edgeface.cost.prices.advice import every_advice
from edgeface.cost.prices.processor import table_here
from edgeface.devices.board_record import keep_records
from edgeface.errors import EdgefaceError, InputError
from edgeface.evaluation.identity_change import IdentityChange, IdentityMeasure, LabeledFaces
from edgeface.exporting.command import export_command
from edgeface.report.boards import boards
from edgeface.report.budget import Counted
from edgeface.report.export_page import Exported, export_page
from edgeface.report.page import Board
from edgeface.report.seen import SEEN
from edgeface.report.watch import Watcher
from edgeface.report.write_page import check_page_path, write_page
from edgeface.tasks import task_of
from edgeface.validate.compare import Watch

OnDevice: TypeAlias = PredictionRecord | ProcessorRecord
REFUSED = {"missing": "Not measured, because the artifact is not good enough."}


class ExportReports:
    """Observes the judging of artifacts, and then writes a report into the folder of each.

    Args:
        job: the export.
        request: the request.

    Raises:
        InputError: the requested report of a refusal cannot be written.
    """

    def __init__(self, job: Job, request: ExportRequest) -> None:
        self._job = job
        self._request = request
        self._watchers: list[tuple[Built, Watcher]] = []
        self._predicted: Mapping[str, OnDevice] = {}
        if request.report.refused is not None:
            check_page_path(request.report.refused)

    def watch(self, built: Built) -> Watch:
        """The observer for the judging of a model."""
        watcher = Watcher(self._job.source.contract, self._request.report.images)
        self._watchers.append((built, watcher))
        if built.target.name == REFERENCE:
            self._fp32 = built.model
        return watcher.see

    def write(self, staged: Sequence[Staged], folder: Path, predicted: Mapping[str, OnDevice]) -> None:
        """Measure latencies, if requested, and write every report.

        Args:
            staged: the artifacts.
            folder: a temporary folder.
            predicted: on the board of the export, by target; empty without one.
        """
        self._predicted = predicted
        timed = {each.built.target.name: each.folder for each in staged if each.built.target.finish is None}
        fp32, found, layers = self._fp32, dict[str, dict[str, Any]](), list[LayerErrors]()

        def look_at_layers() -> None:  # in turns: each holds every value of two networks
            layers.extend(self._layers(each) for each in staged)

        if self._request.report.latency:
            found = measure_latencies(timed, fp32, folder, meanwhile=look_at_layers)
        if not layers:  # nothing was timed
            look_at_layers()
        latencies = [self._latency(each.built, found) for each in staged]
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            for each, page in zip(staged, pool.map(self._page, staged, latencies, layers), strict=True):
                fill_file(each.folder / REPORT, page, "the report")
                self._write_seen(each)

    def _latency(self, built: Built, found: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
        """What was measured of a build, or why nothing was, and the advice."""
        return {**(found.get(built.target.name) or {"missing": _untimed(built)}), "advice": self._advice(built)}

    def _advice(self, built: Built) -> str:
        """Which target is predicted to be quicker, here and on the device of the export, if nothing is known better."""
        known = self._predicted.get(built.target.name)
        if isinstance(known, ProcessorRecord) and known.tells:
            return ""
        return "; ".join(every_advice(built.quantization, table_here()))

    def _write_seen(self, staged: Staged) -> None:
        """Keep what the judging showed beside the artifact, for pages of several artifacts."""
        seen = self._watcher(staged).seen(self._job.images.judge_names)
        if seen is not None:
            document = {"format": seen.format, **seen.model_dump(mode="json", exclude_defaults=True)}
            write_json(staged.folder / SEEN, document, compact=True)

    def write_refused(self, staged: Staged) -> None:
        """Write the report of a refusal, if requested, and name it in the refusal; if that fails, a note says so."""
        path = self._request.report.refused
        if path is None or staged.refusal is None:
            return
        try:
            write_page(path, self._page(staged, REFUSED, self._layers(staged)))
        except InputError as error:
            note(f"no report of the refusal: {error}")
        else:
            staged.refusal.report = str(path)

    @cached_property
    def _fp32(self) -> bytes:
        """The onnx-fp32 model, the reference for size and latency."""
        return build(replace(self._job, options=BuildOptions()), target(REFERENCE)).model

    def _layers(self, staged: Staged) -> LayerErrors:
        first = self._watcher(staged).first
        feeds = None if first is None else {self._job.source.contract.input.name: first}
        return layer_errors(staged.built, staged.folder / staged.manifest.model_file, feeds)

    def _watcher(self, staged: Staged) -> Watcher:
        """The observer of the judging of this very build: a repair has others of the same target judged."""
        return next(watcher for built, watcher in self._watchers if built is staged.built)

    def _page(self, staged: Staged, latency: dict[str, Any], layers: LayerErrors) -> str:
        watcher = self._watcher(staged)
        return export_page(
            Exported(
                built=staged.built,
                manifest=staged.manifest,
                certificate=staged.certificate,
                watcher=watcher,
                image_names=self._job.images.judge_names,
                latency=latency,
                fp32_bytes=len(self._fp32),
                layers=layers,
                counted=self._counted(staged),
                command=export_command(self._request, staged.manifest.target),
                predicted=self._predicted.get(staged.manifest.target),
                identity=self._identity(staged),
                boards=() if staged.refusal is not None else self._boards(staged),
            )
        )

    def _identity(self, staged: Staged) -> tuple[IdentityChange, LabeledFaces] | None:
        changes = [each for each in staged.measured if isinstance(each, IdentityChange)]
        labeled = [each.labeled for each in self._job.measures if isinstance(each, IdentityMeasure)]
        return (changes[0], labeled[0]) if changes and labeled else None

    def _boards(self, staged: Staged) -> tuple[Board, ...]:
        """Boards on which this very model was measured before: a new export of it does not lose them."""
        target = staged.manifest.target
        before = artifact_folder(self._request.out, self._job.recipe.model, target)
        return boards(keep_records(before, staged.folder, staged.manifest.model_sha256))

    def _counted(self, staged: Staged) -> Counted:
        budgets = task_of(self._job.source.contract).budgets
        try:
            return Counted(check(staged.folder / staged.manifest.model_file, budgets))
        except EdgefaceError as error:
            return Counted(None, f"Not counted: {error.what}.")


def _untimed(built: Built) -> str:
    """The reason for a missing latency."""
    return NOT_ASKED if built.target.finish is None else built.target.finish.untimed
