"""Build an artifact's engines and write them next to its strongly typed ONNX, with a list of their layers."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from edgeface.backends.finish import Finished
from edgeface.backends.tensorrt.artifact_engines import ArtifactEngine, EngineList
from edgeface.backends.tensorrt.build import build_engine
from edgeface.backends.tensorrt.cuda.driver import look_for_gpus, with_point
from edgeface.backends.tensorrt.engine_file import engine_entries
from edgeface.backends.tensorrt.judge_precision import judge_precision
from edgeface.backends.tensorrt.library import load_library
from edgeface.backends.tensorrt.options import EngineOptions
from edgeface.backends.tensorrt.precision import PrecisionTable, precision_table
from edgeface.backends.tensorrt.request import Engine, EngineRequest
from edgeface.core.artifact import write_json
from edgeface.core.progress import step
from edgeface.core.requirement import Requirement
from edgeface.core.writing import fill_file

NOT_RUN = "engine built, not run: {}. The numbers above are from its ONNX model, run with strong typing"
TIMING_CACHE = "timing.cache"


def stage_engines(model: bytes, folder: Path, options: EngineOptions, name: str) -> Finished:
    """All requested engines, built and staged.

    Writes model.sm86.engine (or model.sm80-86-89.engine), layers.sm86.json and engines.json.

    Args:
        model: the strongly typed ONNX model.
        folder: the staged artifact.
        options: GPUs and batches.
        name: name of the target, for messages.

    Raises:
        InputError, GraphError, RuntimeFailure: as `build_engine`.
    """
    library = load_library()
    entries: list[ArtifactEngine] = []
    requirements: list[Requirement] = []
    tables: dict[str, Any] = {}
    caches: dict[str, str] = {}
    for group in options.groups(library):
        request = EngineRequest(group, options.batch, where=name)
        with step(f"building {name} for {_joined(group) or 'the local GPU'}"):
            engine = build_engine(model, request)
        tag = f"sm{'-'.join(engine.compute_capabilities)}"
        entries += _write(engine, folder, tag)
        if engine.timing_cache is not None:
            caches[tag] = f"{tag}.{TIMING_CACHE}"
            fill_file(folder / caches[tag], engine.timing_cache, "the timing cache")
        table = precision_table(model, engine.layers)
        requirements += judge_precision(model, table, _joined(engine.compute_capabilities))
        tables[tag] = _table_facts(table)
        write_json(
            folder / f"layers.{tag}.json",
            {"layers": [asdict(layer) for layer in engine.layers], "precision": table.as_dict()},
        )
    EngineList(engines=tuple(entries)).write(folder)
    manifest = {
        "library": library.name,
        "library_version": library.version,
        "compute_capabilities": [entry.compute_capability for entry in entries],
        "driver_cuda": next((entry.cuda for entry in entries), None),
        "batch": asdict(options.batch),
        "timing_caches": caches,
    }
    return Finished(requirements, manifest, {"precision": tables, "run": NOT_RUN.format(_why_not_run())})


def _write(engine: Engine, folder: Path, tag: str) -> tuple[ArtifactEngine, ...]:
    file = f"model.{tag}.engine"
    fill_file(folder / file, engine.plan, "the engine")
    return engine_entries(engine, file)


def _table_facts(table: PrecisionTable) -> dict[str, Any]:
    return {
        "convolutions": table.counts(),
        "layers": sum(table.layers.values()),
        "reformats": table.reformats,
        "moved_bytes": table.moved_bytes,
    }


def _joined(capabilities: tuple[str, ...]) -> str:
    return ", ".join(map(with_point, capabilities))


def _why_not_run() -> str:
    driver = look_for_gpus()
    return driver.problem or "it was not built for the local GPU"
