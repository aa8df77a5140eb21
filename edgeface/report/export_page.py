"""The report of one exported artifact, from the export's values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edgeface.compile.build import Built
from edgeface.compile.layers import LayerErrors
from edgeface.core.artifact import Manifest
from edgeface.core.certificate import Certificate
from edgeface.core.prediction_record import PredictionRecord
from edgeface.core.processor_record import ProcessorRecord
from edgeface.evaluation.identity_change import IdentityChange, LabeledFaces
from edgeface.report.budget import Counted, budget
from edgeface.report.cost import cost, tiles
from edgeface.report.gallery import gallery
from edgeface.report.layers import layers
from edgeface.report.origin import made_words, origin
from edgeface.report.page import Board, Page
from edgeface.report.prediction import prediction
from edgeface.report.processor import processor
from edgeface.report.render import render
from edgeface.report.verified import verified
from edgeface.report.watch import Watcher
from edgeface.tasks import task_of
from edgeface.validate.describe import describe
from edgeface.version import __version__


@dataclass(frozen=True)
class Exported:
    """An export's values for one artifact.

    Attributes:
        built: the model, and the dtype of each value.
        manifest, certificate: as written.
        watcher: observed the judging of the artifact.
        image_names: names of the images that judged it, in order.
        latency: the content of `latency.json`, or {"missing": why there is none}.
        fp32_bytes: size of the onnx-fp32 model.
        layers: the error of every value.
        counted: figures of `edgeface check`.
        command: reproduces the artifact.
        identity: verification of pairs by reference and artifact, with the pairs' faces; None without pairs.
        boards: what was measured on boards before.
        predicted: on the board or processor that the export is for; None where it is for none.
    """

    built: Built
    manifest: Manifest
    certificate: Certificate
    watcher: Watcher
    image_names: Sequence[str]
    latency: dict[str, Any]
    fp32_bytes: int
    layers: LayerErrors
    counted: Counted
    command: str
    predicted: PredictionRecord | ProcessorRecord | None = None
    identity: tuple[IdentityChange, LabeledFaces] | None = None
    boards: tuple[Board, ...] = ()


def export_page(shown: Exported) -> str:
    """The report as one HTML document."""
    manifest = shown.manifest
    contract = manifest.contract
    tables, remarks = budget(shown.counted)
    described = describe(shown.certificate, task_of(contract))
    known = shown.predicted
    predicted = processor(known) if isinstance(known, ProcessorRecord) else prediction(known)
    page = Page(
        model=manifest.name,
        target=manifest.target,
        subtitle=f"{contract.task}, variant {contract.variant}, {contract.input.height}×{contract.input.width}",
        made=made_words(manifest, shown.latency.get("date", "")),
        verdict=described.verdict,
        tiles=(
            *((described.glance,) if described.glance and not described.figures else ()),
            *((predicted.tile,) if predicted is not None and predicted.tile is not None else ()),
            *tiles(manifest, shown.fp32_bytes, shown.latency),
        ),
        figures=described.figures,
        requirements=described.requirements,
        gallery=gallery(shown.watcher, shown.image_names, manifest.target),
        findings=(*shown.watcher.tables(), *described.tables),
        charts=shown.watcher.charts(manifest.target),
        findings_notes=described.notes,
        cost=cost(manifest, shown.fp32_bytes, shown.latency),
        layers=layers(shown.built, shown.layers),
        budget=tables,
        budget_notes=remarks,
        origin=origin(manifest),
        command=shown.command,
        version=__version__,
        prediction=predicted,
        verified=None if shown.identity is None else verified(*shown.identity, manifest.target, shown.watcher.images),
        boards=shown.boards,
    )
    return render("report.html", page=page)
