"""Mixed precision: which values get another dtype than the target's, by request and by consequence."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from fnmatch import fnmatchcase

from edgeface.errors import GraphError, InputError
from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.activations import Clip, HardSwish, PRelu, Relu, Unary
from edgeface.graph.ops.arithmetic import Add, Binary, Concat
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.normalization import GroupNorm, LayerNorm, RmsNorm
from edgeface.graph.ops.shape import Reshape, Slice, Transpose
from edgeface.quantize.plan import Precision, QuantPlan, Stated

SECTION = "[quantize.keep_float] or [quantize.precision]"
_FOLLOWERS: tuple[type[Op], ...] = (Concat, Reshape, Transpose)
"""Ops that have the dtype of all their inputs, whatever the reason for it."""
_FOLLOW_FLOAT_ONLY: tuple[type[Op], ...] = (*_FOLLOWERS, Slice, Binary, Unary)
"""Ops that follow inputs which integers cannot compute: one conversion is saved, and often a wide range."""

_NORMS = (LayerNorm, RmsNorm, GroupNorm)
_SUMMED = Stated("float32", "a normalization reads this sum, whose layers differ too much in range for 8 bits")


def _is_prelu(_: Graph, node: Node) -> bool:
    return isinstance(node.op, PRelu)


def _is_depthwise_after_prelu(graph: Graph, node: Node) -> bool:
    if not isinstance(node.op, Conv) or not node.op.is_depthwise(graph.type(node.inputs[1]).shape):
        return False
    before = graph.producers.get(node.inputs[0])
    return before is not None and _is_prelu(graph, before)


def _is_hard_swish(_: Graph, node: Node) -> bool:
    return isinstance(node.op, HardSwish)


def _is_lone_relu(_: Graph, node: Node) -> bool:
    """A ReLU or clip that is not fused into the preceding operator."""
    return isinstance(node.op, Relu | Clip)


def _is_no_convolution(_: Graph, node: Node) -> bool:
    return not isinstance(node.op, Conv | Gemm)


def _is_grouped_convolution(graph: Graph, node: Node) -> bool:
    """A convolution of several groups that are not single channels."""
    if not isinstance(node.op, Conv) or node.op.groups == 1:
        return False
    weight = graph.type(node.inputs[1]).shape
    return not node.op.is_depthwise(weight) or weight[0] != node.op.groups


def _is_stem(graph: Graph, node: Node) -> bool:
    """A convolution of an image, of at most four channels."""
    image = node.inputs[0] in graph.inputs and len(graph.type(node.inputs[0]).shape) == 4
    return isinstance(node.op, Conv) and image and graph.type(node.inputs[0]).shape[1] <= 4


KINDS: dict[str, Callable[[Graph, Node], bool]] = {
    "kind:prelu": _is_prelu,
    "kind:depthwise after prelu": _is_depthwise_after_prelu,
    "kind:hard swish": _is_hard_swish,
    "kind:lone relu": _is_lone_relu,
    "kind:no convolution": _is_no_convolution,
    "kind:grouped convolution": _is_grouped_convolution,
    "kind:stem": _is_stem,
}
"""Kinds of nodes, for recipes whose variants have different node names."""


def state_precision(
    graph: Graph,
    patterns: Mapping[str, Stated],
    float_interface: bool,
    section: str = SECTION,
    preferred: Mapping[str, Stated] | None = None,
    integers: bool = True,
) -> dict[str, Stated]:
    """The values that get another dtype than the target's, with reasons.

    What ops without an integer kernel (`Op.float_only`) make is float32 whatever is requested, and so are element-wise
    ops that read nothing else.

    Args:
        graph: the legalized graph.
        patterns: glob patterns of node origins, or names of `KINDS`, with the requested dtype. If several match a node,
            the last one counts; "int8" cancels other requests. A kind may match nothing; a pattern must match
            something.
        float_interface: whether the model's inputs and outputs are float. Then an input with only float readers is not
            quantized, and a Concat that produces an output joins its branches after dequantization.
        section: the recipe's section with the patterns, for errors.
        preferred: dtypes of values where no pattern matches.
        integers: whether the target computes in integers; otherwise `Op.float_only` has no effect.

    Raises:
        InputError: a pattern matches no node, so it would silently have no effect.
    """
    asked = {**(preferred or {}), **asked_precision(graph, patterns, section)}
    stated = {name: wanted for name, wanted in asked.items() if wanted.dtype != "int8"}
    forced = _float_only(graph) if integers else {}
    stated |= {name: reason for name, reason in forced.items() if name not in stated or not stated[name].is_float}
    for node in graph.nodes:
        if node.output in asked or node.output in stated:
            continue
        if isinstance(node.op, _FOLLOWERS) and (followed := _of_all_inputs(graph, node, stated)) is not None:
            stated[node.output] = followed
        elif float_interface and isinstance(node.op, Concat) and node.output in graph.outputs:
            reason = "its branches keep separate scales: they are dequantized, then joined"
            stated[node.output] = Stated("float32", reason)
    for name in graph.inputs:
        readers = graph.consumers[name]
        if float_interface and readers and all(r.output in stated and stated[r.output].is_float for r in readers):
            stated[name] = Stated("float32", "all its readers are float nodes")
    return stated


def asked_precision(graph: Graph, patterns: Mapping[str, Stated], section: str = SECTION) -> dict[str, Stated]:
    """The dtypes that patterns ask for, by the values that the nodes produce; "int8" too.

    Raises:
        InputError: a pattern matches no node.
    """
    asked: dict[str, Stated] = {}
    for pattern, wanted in patterns.items():
        kind = KINDS.get(pattern)
        found = [n for n in graph.nodes if (kind(graph, n) if kind else fnmatchcase(n.origin, pattern))]
        if not found and kind is None:
            raise InputError(
                f"no node matches {pattern!r}, which the recipe requests in {wanted.dtype}",
                where=f"recipe, {section}, graph {graph.name!r}",
                fix="patterns are matched against the node names of the exported ONNX model",
            )
        asked |= {node.output: wanted for node in found}
    return asked


def _float_only(graph: Graph) -> dict[str, Stated]:
    """The values of ops that integers cannot compute, and those of element-wise ops that read only such values."""
    found: dict[str, Stated] = {}
    for node in graph.nodes:
        computed = [name for name in node.inputs if graph.constant(name) is None]
        if node.op.why_float:
            reason = node.op.why_float
        elif isinstance(node.op, _FOLLOW_FLOAT_ONLY) and computed and all(name in found for name in computed):
            reason = "all its inputs are computed in float"
        else:
            continue
        found |= {name: Stated("float32", reason) for name in node.outputs}
    return found | {name: _SUMMED for name in _normalized_sums(graph) if name not in found}


def _normalized_sums(graph: Graph) -> set[str]:
    """The sums that a normalization reads, and those that are added to such a sum: the residual stream."""
    found: set[str] = set()
    for node in reversed(graph.nodes):
        sums = isinstance(node.op, Add) and all(graph.constant(name) is None for name in node.inputs)
        moves = isinstance(node.op, Transpose | Reshape)
        if (sums or moves) and any(
            isinstance(reader.op, _NORMS) or reader.output in found for reader in graph.consumers[node.output]
        ):
            found.add(node.output)
    return {name for name in found if isinstance(graph.producers[name].op, Add)}


def _of_all_inputs(graph: Graph, node: Node, stated: Mapping[str, Stated]) -> Stated | None:
    """The dtype of a node that only moves data, where all its inputs have a stated one."""
    read = [stated.get(name) for name in node.inputs if graph.constant(name) is None]
    dtypes = {None if asked is None else asked.dtype for asked in read}
    if dtypes == {"int16"}:
        return Stated("int16", "all its inputs have 16 bits")
    if dtypes <= {"float16", "float32"}:
        dtype: Precision = "float16" if dtypes == {"float16"} else "float32"
        return Stated(dtype, "all its inputs are computed in float")
    return None


def require_dtypes(graph: Graph, plan: QuantPlan, dtypes: Collection[str], target: str) -> None:
    """Reject a plan with a dtype that the target does not support.

    Args:
        graph: graph to emit.
        plan: plan of its values.
        dtypes: supported dtypes.
        target: name of the target, for the error.

    Raises:
        GraphError: naming the first such value.
    """
    known = dict.fromkeys("int8" if dtype == "uint8" else dtype for dtype in dtypes)
    for name in graph.reals:
        if plan.dtype(name) not in dtypes:
            raise GraphError(
                f"{target} does not support values in {plan.dtype(name)}",
                where=f"tensor {name!r}" + _reason(plan, name),
                fix=f"use {' or '.join(known)} in [quantize.precision] of the recipe, or export to another target",
            )


def _reason(plan: QuantPlan, name: str) -> str:
    return f", requested because: {plan.stated[name].reason}" if name in plan.stated else ""
