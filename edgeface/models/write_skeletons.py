"""Write the skeletons that ship with the package: `python -m edgeface.models.write_skeletons`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeface.core.writing import write_file
from edgeface.models.architectures import SKELETONS, Architecture, architectures
from edgeface.models.torch_export import trace_onnx

if TYPE_CHECKING:
    import onnx
    import torch


def write_skeleton(architecture: Architecture) -> bytes:
    """The architecture exported without its weights; see `edgeface.models.architectures.skeleton`.

    Batch norms stay separate nodes, because the challenge counts them unfolded.

    Returns:
        A serialized ModelProto, the same bytes for the same version of torch.
    """
    import onnx

    module = architecture.build()
    _make_distinct(module)
    size, resizable = architecture.input_size, architecture.resizable
    model = onnx.load_from_string(trace_onnx(module, size, architecture.outputs, weights=False, resizable=resizable))
    model.producer_version = ""  # a newer torch with the same export must not change the file
    _declare_weights(model.graph)
    if architecture.resizable:
        for output in model.graph.output:
            output.type.tensor_type.ClearField("shape")  # names that the exporter generated
    return bytes(model.SerializeToString(deterministic=True))


def _make_distinct(module: torch.nn.Module) -> None:
    """Give every tensor distinct values: the exporter merges equal ones, such as initial batch norms."""
    for number, tensor in enumerate(module.state_dict().values(), 1):
        tensor.fill_(number)


def _declare_weights(graph: onnx.GraphProto) -> None:
    """Turn the inputs after the image into initializers without data."""
    for weight in graph.input[1:]:
        kind = weight.type.tensor_type
        graph.initializer.add(
            name=weight.name, data_type=kind.elem_type, dims=[dim.dim_value for dim in kind.shape.dim]
        )
    del graph.input[1:]


def main() -> None:
    """Write every skeleton into the package, and print its name and size."""
    SKELETONS.mkdir(exist_ok=True)
    for architecture in architectures().values():
        content = write_skeleton(architecture)
        write_file(architecture.skeleton_path, content)
        print(f"{architecture.skeleton_path.name}: {len(content)} bytes")


if __name__ == "__main__":
    main()
