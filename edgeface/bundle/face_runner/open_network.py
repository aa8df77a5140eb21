"""A bundle's models in the runtime that reads them: .tflite files, or pairs of .param and .bin files for ncnn."""

from __future__ import annotations

import platform
from collections.abc import Container, Mapping
from typing import TYPE_CHECKING, Any

from edgeface.bundle.face_runner.errors import RunnerError
from edgeface.bundle.face_runner.ncnn_network import NcnnNetwork, ncnn_module
from edgeface.bundle.face_runner.network import COMPARABLE, Network, comparable_kernels, runtime_module
from edgeface.tasks.detection.decoding import same_but_batch

if TYPE_CHECKING:
    from typing import TypeAlias

    AnyNetwork: TypeAlias = Network | NcnnNetwork

NCNN, NCNN_WEIGHTS = ".param", ".bin"
NCNN_KERNELS = "ncnn"


def model_files(model: str) -> tuple[str, ...]:
    """The files of a model by the name of the one that the settings say."""
    return (model, model[: -len(NCNN)] + NCNN_WEIGHTS) if model.endswith(NCNN) else (model,)


def open_network(
    files: Mapping[str, bytes], model: str, threads: int = 1, kernels: str = "deployed", keep_all: bool = False
) -> AnyNetwork:
    """A model of a bundle, loaded.

    Args:
        files: the bundle's by name.
        model: the name of the model's file.
        threads: threads inside one operator.
        kernels: of a TFLite runtime, as of `Network`.
        keep_all: keep every intermediate tensor readable.

    Raises:
        RunnerError: no runtime is installed, it refuses the model, or a file is missing.
    """
    lacking = [name for name in model_files(model) if name not in files]
    if lacking:
        raise RunnerError("the model's file is missing", lacking[0], "unpack the bundle again")
    if not model.endswith(NCNN):
        return Network(files[model], threads, kernels, keep_all)
    param, weights = (files[name] for name in model_files(model))
    return NcnnNetwork(param, weights, threads, keep_all)


def model_runtime(model: str) -> str:
    """The name and the version of the runtime that runs a model here.

    Raises:
        RunnerError: it is not installed.
    """
    _, name, version = ncnn_module() if model.endswith(NCNN) else runtime_module()
    return f"{name} {version}"


def recorded_kernels(model: str) -> tuple[str, ...]:
    """The kernels whose golden values are recorded where a bundle is packed."""
    return (NCNN_KERNELS,) if model.endswith(NCNN) else COMPARABLE


def golden_kernels(model: str, recorded: Container[str]) -> str:
    """The kernels whose golden values this machine is compared with; for ncnn those of its kind of processor, if any.

    Args:
        model: the name of a model's file.
        recorded: the kernels of which there are values.
    """
    if not model.endswith(NCNN):
        return comparable_kernels()
    own = f"{NCNN_KERNELS}-{platform.machine()}"
    return own if own in recorded else NCNN_KERNELS


def check_fit(network: AnyNetwork, name: str, size: Mapping[str, Any], outputs: Mapping[str, tuple[int, ...]]) -> None:
    """Compare a model with its contract.

    Args:
        network: the model.
        name: of its file, for errors.
        size: height, width and mean of the contract's input.
        outputs: the contract's, shapes by name.

    Raises:
        RunnerError: the input or an output has another shape, or an output is missing.
    """
    found, taken = network.output_shapes(), (1, size["height"], size["width"], len(size["mean"]))
    pairs: list[tuple[str, tuple[int, ...] | None, tuple[int, ...]]] = [("input", network.input_shape(), taken)]
    pairs += [(f"output {key!r}", found.get(key), wanted) for key, wanted in outputs.items()]
    for what, got, wanted in pairs:
        if got is None or not same_but_batch(got, wanted):
            shown = "missing" if got is None else str(list(got))
            raise RunnerError(
                f"the model's {what} is {shown}, its contract says {list(wanted)}", name, "pack the bundle again"
            )
