"""`edgeface.export`: an export by keywords, by a request, or of a user's own torch module."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from edgeface.backends.tensorrt.options import EngineOptions, parse_batch, parse_capabilities
from edgeface.compile.repair.options import Effort, RepairOptions, parse_slowdown
from edgeface.compile.report_options import ReportOptions
from edgeface.compile.request import ExportRequest
from edgeface.core.artifact import Artifact
from edgeface.engine.choose import choose_engine
from edgeface.errors import InputError
from edgeface.exporting.export import export as export_request
from edgeface.exporting.module_file import ModuleOptions, module_file
from edgeface.images.given import Color
from edgeface.models.user_module import is_module
from edgeface.reading.given_path import StrPath, given_path, optional_path

if TYPE_CHECKING:
    from edgeface.models.user_module import Module


def export(  # noqa: PLR0913 (each parameter is an option of the command line)
    model: StrPath | Module | ExportRequest | None = None,
    *,
    target: str | Sequence[str] | None = "tflite-int8",
    weights: StrPath | None = None,
    contract: StrPath | None = None,
    variant: str | None = None,
    color: Color | None = None,
    calibration: StrPath | None = None,
    judge: StrPath | None = None,
    input_size: tuple[int, int] | None = None,
    io: Literal["float", "int8", "uint8"] = "float",
    out: StrPath = "out",
    seed: int | None = None,
    integer_only: bool = False,
    statistics: StrPath | Sequence[StrPath] | None = None,
    save_statistics: StrPath | None = None,
    device: str | None = None,
    winograd: bool = False,
    engine: str = "local",
    detector: StrPath | None = None,
    recognizer: StrPath | None = None,
    labels: StrPath | None = None,
    label_images: StrPath | None = None,
    pairs: StrPath | None = None,
    pair_images: StrPath | None = None,
    compute_capability: str | Sequence[str] | None = None,
    batch: int | tuple[int, int, int] = 1,
    allow_slower: bool = False,
    latency: bool = True,
    images: bool = True,
    refused_report: StrPath | None = None,
    effort: Effort = "default",
    max_slowdown: float | str | None = None,
    recipe: StrPath | None = None,
    save_recipe: StrPath | None = None,
    max_drop: str | None = None,
    keep_decode: bool = False,
    force: bool = False,
    name: str | None = None,
    save_onnx: StrPath | None = None,
) -> list[Artifact]:
    """Compile a model, judge each result in its runtime, and write all of them or none.

    Args:
        model: a checkpoint (.pth, .safetensors, …), an ONNX model (.onnx), a recipe (.toml), or a family's name; a
            `torch.nn.Module` in float32 on the processor; an `ExportRequest`, which then holds all options; by default
            the sample detector, or the family that `weights` are of.
        target: a target or several, as `edgeface targets` lists them; None with `device`: the quickest there is chosen.
        weights: a checkpoint, where `model` names a family.
        contract: for an ONNX model or a module: a contract file, which says how images become its input and what its
            outputs mean; by default that is inferred on the images.
        variant: the checkpoint's variant, as `edgeface models` lists them; by default inferred on the images.
        color: the order of channels that the network was trained with; by default inferred on the images.
        calibration: a folder of images to calibrate with.
        judge: a folder of other images to judge with; by default those that do not calibrate.
        input_size: (height, width) in pixels.
        io: type of the artifact's inputs and outputs.
        out: folder for the artifacts.
        seed: instead of weights, a network with random weights of this seed.
        integer_only: compute everything in int8 that has integer kernels.
        statistics: calibration statistics to use instead of calibrating; of several files the sum.
        save_statistics: a file to save calibration statistics to.
        device: what it is for: "here", where times are measured; "avx2", "vnni" or a board ("rk3399", …), predicted.
        winograd: with a device: 3×3 convolutions in Winograd's form where that is quicker; larger files.
        engine: what looks at the calibration images: "local", "local://N" or "ray" (docs/scale.md).
        detector: for recognizers: an artifact that finds the faces in the images.
        recognizer: for detectors: an artifact; measures what landmark errors cost in identity.
        labels: for detectors: labels to measure the average precision with.
        label_images: the labeled images, if not next to the labels.
        pairs: for recognizers: pairs of images to measure decisions with.
        pair_images: the folder that the pairs' paths start from.
        compute_capability: for TensorRT: GPUs to build for, e.g. "86,89"; by default this machine's.
        batch: for TensorRT: a batch, or the smallest, optimal and largest.
        allow_slower: accept int8 engines that are slower than fp16 on this machine's GPU.
        latency: measure the latency against fp32, for the report; takes seconds.
        images: show images that judged the result in the report.
        refused_report: a file for the report of a result that is refused.
        effort: how much is tried: "fast" only judges, "default" repairs what is refused, "max" looks for the best.
        max_slowdown: what a repair may cost in predicted time at most: a share, or text such as "10%".
        recipe: a recipe (.toml) to use instead of the model's own.
        save_recipe: a file to save the recipe of the result to.
        max_drop: your own limits on what may be lost, e.g. "matched=0.5%,score=0.005".
        keep_decode: for an ONNX model: keep a decode that is inside its graph, also for int8.
        force: replace an artifact of the same name that is of another network.
        name: for a module: the model's name, which the artifact's folder begins with; by default its class's.
        save_onnx: for a module: a file to keep its ONNX model in, which `edgeface parity` compares with later.

    Returns:
        An artifact for each target, in their order; each is in `out`, with its report.

    Raises:
        GateError: a result is not good enough; nothing is written.
        InputError, CheckpointError, ContractError, GraphError: what was given cannot be used.

    Example:
        >>> (artifact,) = edgeface.export("my.pth", target="tflite-int8", calibration="photos/")
        >>> print(artifact.folder, artifact.certificate().passed)
    """
    request = ExportRequest(
        model=str(given_path(model, "model")) if isinstance(model, str | os.PathLike) and model else "",
        targets=_targets(target),
        contract=optional_path(contract, "contract"),
        weights=optional_path(weights, "weights"),
        variant=variant,
        color=color,
        calibration=optional_path(calibration, "calibration"),
        judge=optional_path(judge, "judge"),
        input_size=_size(input_size),
        io=io,
        out=given_path(out, "out"),
        seed=seed,
        integer_only=integer_only,
        statistics=_paths(statistics, "statistics"),
        save_statistics=optional_path(save_statistics, "save_statistics"),
        device=device,
        winograd=winograd,
        engine=choose_engine(engine, default=1),
        detector=optional_path(detector, "detector"),
        recognizer=optional_path(recognizer, "recognizer"),
        labels=optional_path(labels, "labels"),
        label_images=optional_path(label_images, "label_images"),
        pairs=optional_path(pairs, "pairs"),
        pair_images=optional_path(pair_images, "pair_images"),
        engines=EngineOptions(
            parse_capabilities(_joined(compute_capability)), parse_batch(_numbers(batch)), allow_slower
        ),
        report=ReportOptions(latency, images, optional_path(refused_report, "refused_report")),
        force=force,
        recipe=optional_path(recipe, "recipe"),
        repair=RepairOptions(effort, _share(max_slowdown), optional_path(save_recipe, "save_recipe")),
        max_drop=max_drop,
        keep_decode=keep_decode,
    )
    options = ModuleOptions(name, optional_path(save_onnx, "save_onnx"))
    if is_module(model):
        with module_file(model, request.input_size, request.contract, options) as path:
            return export_request(replace(request, model=str(path)))
    if options != ModuleOptions():
        raise InputError("name and save_onnx are for torch modules", fix="leave them out")
    if isinstance(model, ExportRequest):
        if request != ExportRequest():
            raise InputError("options stand beside a request", fix="use dataclasses.replace(request, …)")
        return export_request(model)
    if not (model is None or isinstance(model, str | os.PathLike)):
        raise InputError(
            f"model is of type {type(model).__name__}",
            fix="pass a path, a family's name, a torch.nn.Module or an ExportRequest",
        )
    return export_request(request)


def _targets(given: str | Sequence[str] | None) -> tuple[str, ...]:
    """Names of targets; text may hold several, as on the command line."""
    items = given.split(",") if isinstance(given, str) else list(given or ())
    if not all(isinstance(item, str) for item in items):
        raise InputError("target is no text", fix='pass e.g. "tflite-int8", or a list of such names')
    return tuple(item.strip() for item in items)


def _size(given: object) -> tuple[int, int] | None:
    """A size (height, width) in pixels."""
    if given is None:
        return None
    sides = list(given) if isinstance(given, list | tuple) else []
    if len(sides) != 2 or not all(isinstance(side, int) and not isinstance(side, bool) and side > 0 for side in sides):
        raise InputError(f"input_size is {given!r}", fix="pass (height, width) in pixels, e.g. (480, 640)")
    return sides[0], sides[1]


def _paths(given: StrPath | Sequence[StrPath] | None, name: str) -> Path | tuple[Path, ...] | None:
    if given is None or isinstance(given, str | os.PathLike):
        return optional_path(given, name)
    return tuple(given_path(path, name) for path in given)


def _joined(given: str | Sequence[str] | None) -> str | None:
    return given if given is None or isinstance(given, str) else ",".join(given)


def _numbers(given: int | tuple[int, int, int]) -> str:
    return str(given) if isinstance(given, int) else ",".join(map(str, given))


def _share(given: float | str | None) -> float | None:
    return parse_slowdown(given) if isinstance(given, str) else given
