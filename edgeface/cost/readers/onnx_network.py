"""An ONNX model of any producer as a Network."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from edgeface.cost.network import Layer, Network, Tensor
from edgeface.cost.readers.onnx_branches import Branch, splice
from edgeface.cost.readers.onnx_file import open_onnx
from edgeface.cost.readers.onnx_names import describe_node
from edgeface.cost.readers.onnx_operators import ELEMENTWISE, STATISTICS, TRAINED
from edgeface.cost.readers.onnx_shapes import infer_tensors, set_input_size
from edgeface.cost.readers.onnx_work import Operator, refuse_unknown, stored_numbers, work_of
from edgeface.cost.work import Convolution, Dense
from edgeface.errors import GraphError
from edgeface.graph.onnx_contradictions import refuse_contradictions
from edgeface.graph.onnx_steps.walk import graphs_of, values_read

if TYPE_CHECKING:
    import onnx

_MAX_INFERRED = 10_000  # nodes, again after each branch
_INTEGER = {"ConvInteger", "MatMulInteger"}
_FIRST_INPUT_FLOWS = {"QuantizeLinear", "DequantizeLinear", "CastLike", "Expand", "Reshape", "Squeeze", "Unsqueeze"}


def read_onnx_network(
    source: Path | bytes, where: str, size: tuple[int, int] | None = None, weightless: bool = False
) -> Network:
    """The network of a model for one image.

    Args:
        source: a file, or the serialized model itself.
        where: name of the model in errors.
        size: (height, width) in pixels to count at; by default the model's.
        weightless: whether constants may have no data, as in edgeface's skeletons.

    Raises:
        InputError: the model is not ONNX, damaged or unsafe; or a size is dynamic and `size` is missing.
        GraphError: nodes form a cycle or read a missing tensor, shapes contradict each other, or an operator's cost is
            unknown or depends on data.
    """
    file = open_onnx(source, where, weightless)
    model = file.model
    layout = set_input_size(model, size, where)
    tensors, unknown = _inferred(model, where)
    aside = _set_aside(model, unknown)
    constant = _constants(model, tensors)
    read = dict.fromkeys(name for node in aside for name in values_read(node))
    ends = [name for name in read if name in tensors and name not in constant]
    layers = tuple(_layers(model, tensors, constant, where))
    given = {tensor.name for tensor in model.graph.initializer}
    return Network(
        name=model.graph.name or "model",
        format="onnx",
        layout=layout,
        inputs=tuple(value.name for value in model.graph.input if value.name not in given),
        outputs=_outputs(model, unknown, ends),
        layers=_with_added_biases(layers, tensors),
        tensors={name: replace(t, constant=name in constant) for name, t in tensors.items()},
        file_bytes=file.file_bytes,
        uniform=file.uniform,
        beyond=dict(sorted(Counter(node.op_type for node in aside).items())),
        beyond_weights=_weights(aside, tensors, constant),
        metadata={entry.key: entry.value for entry in model.metadata_props},
    )


def _inferred(model: onnx.ModelProto, where: str) -> tuple[dict[str, Tensor], frozenset[str]]:
    """The tensors, and the names of those of unknown size; branches on what is known are followed, in place."""
    left = _MAX_INFERRED
    while (left := left - len(model.graph.node)) > 0:
        _sort(model, where)
        found = infer_tensors(model, where)
        if not isinstance(found, Branch):
            return found
        splice(model, found)
        refuse_contradictions(model, where)
    raise GraphError("the model has too many branches to follow", where=where, fix="run onnxsim on the model")


def _sort(model: onnx.ModelProto, where: str) -> None:
    """Put the nodes into topological order, and refuse operators of unknown cost."""
    nodes = sorted_nodes(model, where)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    for node in (node for graph in graphs_of(model.graph) for node in graph.node):
        refuse_unknown(node, f"{where}: {describe_node(node)}")


def _outputs(model: onnx.ModelProto, unknown: frozenset[str], ends: Iterable[str]) -> tuple[str, ...]:
    """The outputs of known size, and the tensors that what was set aside reads."""
    known = (value.name for value in model.graph.output if value.name not in unknown)
    return tuple(dict.fromkeys((*known, *ends)))


def _set_aside(model: onnx.ModelProto, unknown: frozenset[str]) -> list[onnx.NodeProto]:
    """Remove the nodes whose results depend on data from the model, and return them."""
    nodes = list(model.graph.node)
    removed = [node for node in nodes if not unknown.isdisjoint(node.output)]
    if removed:
        kept = [node for node in nodes if unknown.isdisjoint(node.output)]
        del model.graph.node[:]
        model.graph.node.extend(kept)
    return removed


def _weights(
    nodes: Iterable[onnx.NodeProto], tensors: dict[str, Tensor], constant: dict[str, tuple[str, ...]]
) -> tuple[str, ...]:
    """The trained constants that some nodes read, each once."""
    found = (_roots(node, TRAINED.get(node.op_type, ()), tensors, constant) for node in nodes)
    return tuple(dict.fromkeys(name for names in found for name in names))


def sorted_nodes(model: onnx.ModelProto, where: str) -> list[onnx.NodeProto]:
    """The nodes in topological order; in the file's order if that is one.

    Raises:
        GraphError: a tensor is produced twice or never, or the nodes form a cycle.
    """
    ready: set[str] = {
        "",
        *(tensor.name for tensor in model.graph.initializer),
        *(value.name for value in model.graph.input),
    }
    made = {name for node in model.graph.node for name in node.output if name}
    _refuse_doubles(model, ready, where)
    for name, reader in _read(model):
        if name not in made and name not in ready:
            location = f"{where}: {reader}"
            raise GraphError(f"no node produces the tensor {name!r}", where=location, fix="export the model again")
    nodes = list(model.graph.node)
    readers: dict[str, list[int]] = {}
    missing = [len({name for name in values_read(node) if name not in ready}) for node in nodes]
    for index, node in enumerate(nodes):
        for name in {name for name in values_read(node) if name not in ready}:
            readers.setdefault(name, []).append(index)
    startable = [
        index for index, count in enumerate(missing) if count == 0
    ]  # a heap, which keeps the file's order where possible
    ordered: list[onnx.NodeProto] = []
    while startable:
        node = nodes[heapq.heappop(startable)]
        ordered.append(node)
        for following in (index for name in node.output for index in readers.get(name, ())):
            missing[following] -= 1
            if missing[following] == 0:
                heapq.heappush(startable, following)
    if len(ordered) < len(nodes):
        stuck = next(node for node, count in zip(nodes, missing, strict=True) if count)
        raise GraphError(
            "the nodes form a cycle", where=f"{where}: {describe_node(stuck)}", fix="export the model again"
        )
    return ordered


def _refuse_doubles(model: onnx.ModelProto, ready: set[str], where: str) -> None:
    produced = set(ready)
    for node in model.graph.node:
        for name in filter(None, node.output):
            if name in produced:
                raise GraphError(f"the tensor {name!r} is produced twice", where=f"{where}: {describe_node(node)}")
            produced.add(name)


def _read(model: onnx.ModelProto) -> Iterable[tuple[str, str]]:
    """Every name that is read, and its reader."""
    yield from ((name, describe_node(node)) for node in model.graph.node for name in values_read(node))
    yield from ((value.name, "graph output") for value in model.graph.output)


def _constants(model: onnx.ModelProto, tensors: dict[str, Tensor]) -> dict[str, tuple[str, ...]]:
    """Tensors known before the model runs, each with the constants in the file that it comes from."""
    roots: dict[str, tuple[str, ...]] = {tensor.name: (tensor.name,) for tensor in model.graph.initializer}
    for node in model.graph.node:
        inputs = [name for name in node.input if name]
        if node.op_type == "Constant":
            roots[node.output[0]] = (node.output[0],)
            continue
        if node.op_type in {"Shape", "Size"}:
            roots[node.output[0]] = ()
            continue
        # data inputs only: scales, zero points, sizes and types are not weights
        data = inputs[:1] if node.op_type in _FIRST_INPUT_FLOWS else inputs
        wanted = data if node.op_type == "CastLike" else inputs
        if wanted and all(name in roots for name in wanted):
            found = tuple(dict.fromkeys(root for name in data for root in roots[name]))
            roots |= dict.fromkeys((name for name in node.output if name), found)
    return {name: found for name, found in roots.items() if name in tensors}


def _layers(
    model: onnx.ModelProto, tensors: dict[str, Tensor], constant: dict[str, tuple[str, ...]], where: str
) -> Iterable[Layer]:
    for node in model.graph.node:
        outputs = tuple(name for name in node.output if name)
        if all(name in constant for name in outputs):
            continue
        work = work_of(Operator(node, tensors, constant, f"{where}: {describe_node(node)}"))
        yield Layer(
            name=node.name or outputs[0],
            op=node.op_type,
            inputs=tuple(dict.fromkeys(name for name in node.input if name and name not in constant)),
            outputs=outputs,
            work=work,
            weights=_roots(node, TRAINED.get(node.op_type, ()), tensors, constant),
            statistics=_roots(node, STATISTICS.get(node.op_type, ()), tensors, constant),
        )


def _roots(
    node: onnx.NodeProto,
    indices: Sequence[int] | None,
    tensors: dict[str, Tensor],
    constant: dict[str, tuple[str, ...]],
) -> tuple[str, ...]:
    """The file's constants that some of a node's inputs come from; None means all inputs."""
    wanted = range(len(node.input)) if indices is None else indices
    names = [node.input[i] for i in wanted if i < len(node.input) and node.input[i] in constant]
    minimum = 2 if node.op_type in ELEMENTWISE else 1
    found = [
        root
        for name in names
        for root in constant[name]
        if tensors[root].count >= minimum and stored_numbers(name, tensors, constant) >= tensors[name].count
    ]
    return tuple(dict.fromkeys(root for root in found if tensors[root].dtype != "int64"))


def _with_added_biases(layers: tuple[Layer, ...], tensors: dict[str, Tensor]) -> tuple[Layer, ...]:
    """The layers, with biases that are added by the next operator, as after MatMul and ConvInteger."""
    readers: dict[str, list[Layer]] = {}
    for layer in layers:
        for name in layer.inputs:
            readers.setdefault(name, []).append(layer)
    return tuple(
        replace(layer, work=layer.work.as_if("own"))
        if isinstance(layer.work, Convolution | Dense) and _adds_bias(layer, layer.work.width, readers, tensors)
        else layer
        for layer in layers
    )


def _adds_bias(layer: Layer, width: int, readers: dict[str, list[Layer]], tensors: dict[str, Tensor]) -> bool:
    """Whether one number per output is added next, possibly after conversion and scaling of integer sums."""
    found = readers.get(layer.outputs[0], [])
    while layer.op in _INTEGER and len(found) == 1 and found[0].op in {"Cast", "Mul"}:
        found = readers.get(found[0].outputs[0], [])
    return len(found) == 1 and found[0].op == "Add" and [tensors[name].count for name in found[0].weights] == [width]
