"""Write the skeletons that ship with the package: `python -m edgeface.models.write_skeletons [FAMILY …]`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from edgeface.contracts import Contract
from edgeface.core.writing import write_file
from edgeface.errors import InputError
from edgeface.models import families, family, skeletons
from edgeface.models.family import Family
from edgeface.models.skeleton_constants import fold_constants
from edgeface.models.taken import is_counter
from edgeface.models.torch_export import trace_onnx

if TYPE_CHECKING:
    import onnx
    import torch

_OTHER_SIZE = (96, 160)
"""A second size, at which a resizable skeleton must have the network's shapes too."""


def write_skeleton(module: torch.nn.Module, contract: Contract, resizable: bool) -> bytes:
    """A network exported without its weights; see `edgeface.models.skeletons`.

    Batch norms stay separate nodes, because budgets count them unfolded.

    Args:
        module: in eval mode; its weights do not matter, and are replaced.
        contract: names input and outputs, and says the size.
        resizable: make height and width dynamic.

    Returns:
        A serialized ModelProto, the same bytes for the same version of torch.

    Raises:
        InputError: the network makes sizes constants, so that it is not resizable.
    """
    import onnx

    _make_distinct(module)
    spec = contract.input
    traced = trace_onnx(
        module,
        (spec.height, spec.width),
        contract.output_names,
        input_name=spec.name,
        weights=False,
        resizable=resizable,
    )
    model = onnx.load_from_string(traced)
    model.producer_version = ""  # a newer torch with the same export must not change the file
    _declare_weights(model.graph, module)
    fold_constants(model)
    if resizable:
        for output in model.graph.output:
            output.type.tensor_type.ClearField("shape")  # names that the exporter generated
        _check_resizable(model, module, contract)
    return bytes(model.SerializeToString(deterministic=True))


def write_family(found: Family) -> dict[str, Any]:
    """Write the skeletons of a family's networks; its part of the index, and sizes for the user."""
    stems: dict[object, str] = {}
    named, tensors = {}, {}
    for variant, contract in found.variants().items():
        if contract.network not in stems:
            stem = stems[contract.network] = f"{found.name}-{variant}"
            module = found.build(contract)
            state = module.state_dict()
            tensors[stem] = {name: list(value.shape) for name, value in state.items() if not is_counter(name)}
            content = skeletons.packed(write_skeleton(module, contract, skeletons.is_resizable(contract)))
            write_file(skeletons.SKELETONS / f"{stem}{skeletons.SUFFIX}", content)
            print(f"{stem}{skeletons.SUFFIX}: {len(content)} bytes", flush=True)
        named[variant] = stems[contract.network]
    return {"families": {found.name: named}, "tensors": tensors}


def _make_distinct(module: torch.nn.Module) -> None:
    """Give every tensor distinct values: the exporter merges equal ones, such as initial batch norms."""
    for number, tensor in enumerate(module.state_dict().values(), 1):
        tensor.fill_(number)


def _declare_weights(graph: onnx.GraphProto, module: torch.nn.Module) -> None:
    """Turn the inputs after the image into initializers: without data if they are the state dict's."""
    from onnx import numpy_helper

    state, others = module.state_dict(), dict(module.named_buffers())
    for weight in graph.input[1:]:
        kind = weight.type.tensor_type
        if weight.name in state:
            dims = [dim.dim_value for dim in kind.shape.dim]
            graph.initializer.add(name=weight.name, data_type=kind.elem_type, dims=dims)
        else:
            graph.initializer.append(numpy_helper.from_array(others[weight.name].numpy(), weight.name))
    del graph.input[1:]


def _check_resizable(model: onnx.ModelProto, module: torch.nn.Module, contract: Contract) -> None:
    """Compare the shapes of the outputs at another size with the network's own."""
    import onnx
    import torch

    resized = onnx.ModelProto.FromString(model.SerializeToString())
    sides = resized.graph.input[0].type.tensor_type.shape.dim
    sides[2].dim_value, sides[3].dim_value = _OTHER_SIZE
    with torch.inference_mode():
        made = module(torch.zeros(1, 3, *_OTHER_SIZE))
    wanted = [list(tensor.shape) for tensor in (made if isinstance(made, tuple) else (made,))]
    try:
        inferred = onnx.shape_inference.infer_shapes(resized, strict_mode=True, data_prop=True)
        found = [[dim.dim_value for dim in value.type.tensor_type.shape.dim] for value in inferred.graph.output]
    except onnx.shape_inference.InferenceError as error:
        said = str(error).splitlines()[0]
    else:
        said = str(found)
    if said != str(wanted):
        raise InputError(
            f"the network makes sizes constants: at {_OTHER_SIZE} its outputs are {wanted}, the trace's {said}",
            where=contract.family,
            fix="take sizes as they are, features.shape[2:], without int()",
        )


def main(names: Sequence[str] = ()) -> None:
    """Write the skeletons of the named families, by default of all, and their index."""
    skeletons.SKELETONS.mkdir(exist_ok=True)
    chosen = [family(name) for name in names] or list(families().values())
    done = {each.name for each in chosen}
    known = skeletons.index()
    kept = {name: variants for name, variants in known["families"].items() if name not in done}
    stems = {stem for variants in kept.values() for stem in variants.values()}
    index = {"families": kept, "tensors": {stem: known["tensors"][stem] for stem in stems}}
    for each in chosen:
        for key, part in write_family(each).items():
            index[key] |= part
    text = json.dumps({key: dict(sorted(part.items())) for key, part in index.items()}, separators=(",", ":"))
    write_file(skeletons.SKELETONS / skeletons.INDEX, skeletons.packed(text.encode()))


if __name__ == "__main__":
    main(sys.argv[1:])
