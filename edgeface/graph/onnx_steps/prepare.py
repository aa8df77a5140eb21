"""The steps in their order: what a parsed model goes through before its nodes are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from edgeface.graph.onnx_steps.cut_decisions import Cut, cut_decisions
from edgeface.graph.onnx_steps.drop_unread import drop_unread, forget_unread_outputs
from edgeface.graph.onnx_steps.expand_fused import expand_fused
from edgeface.graph.onnx_steps.expand_group_norm import expand_group_norm
from edgeface.graph.onnx_steps.expand_turned_products import expand_turned_products
from edgeface.graph.onnx_steps.feed_floats import feed_floats
from edgeface.graph.onnx_steps.fold_constants import fold_constants
from edgeface.graph.onnx_steps.inline_functions import inline_functions
from edgeface.graph.onnx_steps.nothing_to_fold import nothing_to_fold
from edgeface.graph.onnx_steps.pin_inputs import pin_inputs
from edgeface.graph.onnx_steps.raise_ir_version import raise_ir_version
from edgeface.graph.onnx_steps.widen_float16 import widen_float16

if TYPE_CHECKING:
    import onnx

    Step: TypeAlias = Callable[[onnx.ModelProto, str], onnx.ModelProto]

STEPS: tuple[Step, ...] = (
    lambda model, _: raise_ir_version(model),
    inline_functions,
    lambda model, _: expand_fused(model),
    lambda model, _: expand_turned_products(model),
    lambda model, _: expand_group_norm(model),
    widen_float16,
    lambda model, _: feed_floats(model),
    fold_constants,
    lambda model, _: drop_unread(model),
)
"""Between the pinning of the inputs and the cut; what is written in a function or branch is seen by the later ones."""


@dataclass(frozen=True)
class Prepared:
    """A model with static sizes, standard operators and folded constants; `cut` says what was cut off behind it."""

    model: onnx.ModelProto
    cut: Cut | None


def prepare(
    model: onnx.ModelProto,
    where: str,
    input_shapes: Mapping[str, tuple[int, ...]] | None = None,
    own: bool = False,
) -> Prepared:
    """A model ready to be read.

    Args:
        model: a parsed model; it may be changed.
        where: its name in errors.
        input_shapes: shapes of inputs by name, also instead of what the model declares.
        own: whether edgeface wrote the model, which then need not be checked by onnxsim where nothing is to be folded.

    Raises:
        InputError: a shape is given for no input, or functions or tensors are damaged.
        GraphError: a size is dynamic and not given, or the model is invalid.
    """
    model = pin_inputs(model, input_shapes, where)
    for step in STEPS:
        if step is not fold_constants or not (own and nothing_to_fold(model)):
            model = step(model, where)
    cut = cut_decisions(model)
    return Prepared(forget_unread_outputs(model), cut)
