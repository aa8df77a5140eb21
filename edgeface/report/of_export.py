"""Reports of an export's artifacts, made of what is seen while they are proven."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgeface.backends import target
from edgeface.compile.build import Built, build
from edgeface.compile.job import BuildOptions, Job
from edgeface.compile.prove import prove
from edgeface.compile.report_options import REPORT, ReportOptions
from edgeface.core.artifact import CERTIFICATE, MANIFEST, Manifest, read_json
from edgeface.core.progress import note
from edgeface.errors import GateError, InputError
from edgeface.report.budget import budget
from edgeface.report.cost import cost, tiles
from edgeface.report.findings import findings, notes
from edgeface.report.gallery import gallery
from edgeface.report.latency import NOT_ASKED, REFERENCE, measure_latencies
from edgeface.report.layers import layers
from edgeface.report.origin import origin
from edgeface.report.page import Layers, Page
from edgeface.report.render import render
from edgeface.report.verdict import accuracy, requirements, verdict
from edgeface.report.watch import Watcher
from edgeface.report.write_page import check_place, write_page
from edgeface.version import __version__


@dataclass(frozen=True)
class _Proven:
    staged: Path
    built: Built
    watcher: Watcher


class ExportReports:
    """Proves artifacts, and then writes a report into the folder of each.

    Args:
        job: what is exported.
        options: what the reports hold.
        command: the command that makes the artifact of a target, by its name.
    """

    def __init__(self, job: Job, options: ReportOptions, command: Callable[[str], str]) -> None:
        self._job = job
        self._options = options
        self._command = command
        self._proven: list[_Proven] = []
        self._reference: bytes | None = None
        if options.refused is not None:
            check_place(options.refused)

    def prove(self, built: Built, folder: Path) -> Path:
        """As `edgeface.compile.prove.prove`; of a refusal a report is written where one was asked for."""
        watcher = Watcher(self._job.source.contract, self._options.images)
        try:
            staged = prove(self._job, built, folder, watcher.see)
        except GateError:
            if self._options.refused is not None:
                refused = _Proven(folder / f"{self._job.recipe.model}-{built.target.name}", built, watcher)
                why = {"missing": "Not measured: what is not good enough need not be fast."}
                _write_refused(self._options.refused, self._page(refused, why))
            raise
        self._proven.append(_Proven(staged, built, watcher))
        return staged

    def write(self, folder: Path) -> None:
        """Measure latencies, if that is asked for, and write every report.

        Args:
            folder: a temporary folder.
        """
        timed = {p.built.target.name: p.staged for p in self._proven if p.built.target.finish is None}
        found: dict[str, dict[str, Any]] = {}
        if self._options.latency:
            found = measure_latencies(timed, self._fp32(), folder)
        for proven in self._proven:
            name = proven.built.target.name
            finish = proven.built.target.finish
            why = {"missing": NOT_ASKED if finish is None else finish.untimed}
            (proven.staged / REPORT).write_text(self._page(proven, found.get(name, why)), encoding="utf-8")

    def _fp32(self) -> bytes:
        """The model of onnx-fp32, which size and latency are compared with."""
        if self._reference is None:
            self._reference = build(replace(self._job, options=BuildOptions()), target(REFERENCE)).model
        return self._reference

    def _page(self, proven: _Proven, latency: dict[str, Any]) -> str:
        manifest = Manifest.model_validate(read_json(proven.staged / MANIFEST))
        certificate = read_json(proven.staged / CERTIFICATE)
        size, contract = len(self._fp32()), manifest.contract
        tables, remarks = budget(proven.staged / manifest.model_file, contract)
        glance = accuracy(certificate)
        page = Page(
            model=manifest.name,
            target=manifest.target,
            subtitle=f"{contract.task}, variant {contract.variant}, {contract.input.height}×{contract.input.width}",
            verdict=verdict(certificate),
            tiles=(*((glance,) if glance else ()), *tiles(manifest, size, latency)),
            requirements=requirements(certificate),
            gallery=gallery(proven.watcher, self._names(), manifest.target),
            findings=findings(certificate),
            findings_notes=notes(certificate),
            cost=cost(manifest, size, latency),
            layers=self._layers(proven),
            budget=tables,
            budget_notes=remarks,
            origin=origin(manifest),
            command=self._command(manifest.target),
            version=__version__,
        )
        return render("report.html", page=page)

    def _names(self) -> list[str]:
        return [file.name for file in self._job.images.judge]

    def _layers(self, proven: _Proven) -> Layers:
        first = proven.watcher.first
        if first is None:
            return Layers(missing="No image was shown to it.")
        model = proven.staged / proven.built.target.model_file
        return layers(proven.built, model, {self._job.source.contract.input.name: first})


def _write_refused(place: Path, page: str) -> None:
    """Write the report of a refusal; if that fails, the refusal is what the caller must hear of."""
    try:
        write_page(place, page)
    except InputError as error:
        note(f"no report of the refusal: {error}")
    else:
        note(f"report of the refusal: {place}")
