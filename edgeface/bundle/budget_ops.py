"""Tolerances for each op of a golden record on another machine, in LSB.

The kernels that produce golden values compute integers identically everywhere, so without upstream float arithmetic
the budget is 0, and a difference means a damaged model, runtime or machine. Float arithmetic rounds by the order in
which a machine adds. One LSB of a float tensor is 1/255 of its golden range, like the step of an integer tensor of
that range.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

EXACT, ROUNDED, REQUANTIZED, FOREIGN = 0, 1, 2, 3
BUDGET_LSB = {EXACT: 0.0, ROUNDED: 0.01, REQUANTIZED: 8.0, FOREIGN: 64.0}
"""Exact; float arithmetic on equal inputs; ops after a float value that was requantized to integers; and ncnn's narrow
values (bfloat16, int8), which another kind of processor computes by another algorithm: there only damage is found.

Measured on emulated Cortex-A72 and A53 against x86: 0.0003 LSB in float, 0.0015 in ncnn; with the reference kernels up
to 4 after requantization, because a value at the boundary between two integers moves by one, and later ops propagate
that; with ncnn's bfloat16 25, but none between the two Cortex.
"""

_KEEPS_VALUES = frozenset(
    {
        *("CONCATENATION", "GATHER", "PACK", "PAD", "RESHAPE", "RESIZE_NEAREST_NEIGHBOR", "SLICE", "SPLIT", "SQUEEZE"),
        *("STRIDED_SLICE", "TRANSPOSE", "UNPACK"),
        *("MAXIMUM", "MAX_POOL_2D", "MINIMUM", "RELU", "RELU6"),
        *("DEQUANTIZE", "QUANTIZE"),
    }
)
"""Ops whose result is the same on every machine even in float: they move, select or round single values."""


def stages(operators: Sequence[Mapping[str, Any]], is_float: Mapping[int, bool]) -> list[int]:
    """The stage of each op: EXACT, ROUNDED or REQUANTIZED.

    Args:
        operators: in order, with op_name, inputs and outputs (tensor indices; inputs below 0 are left out).
        is_float: whether each tensor is float.
    """
    of_tensor: dict[int, int] = {}
    found = []
    for operator in operators:
        outputs = [int(index) for index in operator["outputs"]]
        stage = max((of_tensor.get(int(index), EXACT) for index in operator["inputs"]), default=EXACT)
        makes_float = any(is_float[index] for index in outputs)
        if makes_float and operator["op_name"] not in _KEEPS_VALUES:
            stage = max(stage, ROUNDED)
        elif not makes_float and stage == ROUNDED:
            stage = REQUANTIZED
        of_tensor.update(dict.fromkeys(outputs, stage))
        found.append(stage)
    return found
