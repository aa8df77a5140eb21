"""Read a .tflite file as a Network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from edgeface.cost.network import BITS, Layer, Network, Tensor
from edgeface.cost.readers.tflite_file import (
    ABSENT,
    DYNAMIC,
    StoredOperator,
    StoredTensor,
    TFLiteFile,
    read_tflite_file,
)
from edgeface.cost.readers.tflite_operators import COUNTED, ROLES, data_inputs
from edgeface.cost.readers.tflite_shapes import DerivedShapes, check_input
from edgeface.cost.readers.tflite_work import BIAS, WEIGHTS, Operands, work_of
from edgeface.cost.work import Bias
from edgeface.errors import GraphError

_INDEX_TYPES = frozenset({"int32", "int64", "uint32", "uint64", "bool", "string"})
"""Types of constants that are shapes, axes and indices; of the network's parameters, only biases have them."""


def read_tflite(path: Path) -> Network:
    """The network in the main subgraph of a .tflite file.

    A dynamic batch counts as 1. The sizes of computed tensors are derived; those that the file declares must agree.
    Operators whose results depend on data are set aside (`Network.beyond`) if they have no weights. Operators whose
    inputs are all constant are omitted; a layer's weights are the stored tensors that they come from, so fp16 weights
    keep their type and shared ones their identity. A bias of zeros counts as none, because TFLite's convolutions must
    have one.

    Raises:
        InputError: the file is missing, not TFLite, truncated or damaged.
        GraphError: an operator's cost is unknown or depends on data, its tensors do not match, other sizes are declared
            than it computes, or the size of an input is dynamic.
    """
    walk = _Walk(read_tflite_file(path))
    for index, operator in enumerate(walk.file.operators):
        walk.add(index, operator)
    return walk.network()


class _Walk:
    """Walk over the operators in execution order, with the layers and constants so far."""

    def __init__(self, file: TFLiteFile) -> None:
        self.file = file
        self.names = _unique_names(file.tensors)
        self.shapes = DerivedShapes(file)
        self.beyond: Counter[str] = Counter()
        self.beyond_weights: dict[int, None] = {}
        self.ends: dict[int, None] = {}  # computed tensors that operators set aside read
        self.layers: list[Layer] = []
        # Tensors whose values are not in the file, and the stored constants that constant ones come from.
        self.computed = {*file.inputs, *(index for index, row in enumerate(file.tensors) if row.variable)}
        self.roots: dict[int, tuple[int, ...]] = {}
        self.used = set(file.inputs)
        for index in file.inputs:
            check_input(file.tensors[index], f"{file.path}: input {self.names[index]!r}")

    def add(self, index: int, operator: StoredOperator) -> None:
        """Add an operator as a layer, or track its result if its inputs are constant.

        Raises:
            GraphError: as `read_tflite`.
        """
        where = self._where(index, operator)
        if operator.name not in COUNTED and operator.name not in ROLES:
            raise GraphError(
                f"the cost of {operator.name} is unknown: TFLite files do not contain its multiply–accumulates",
                where=where,
                fix="check the ONNX file that the model was converted from, or export it without this operator",
            )
        self._check_order(operator, where)
        given = [i for i in operator.inputs if i != ABSENT]
        if not self.shapes.add(operator, self.names, where):
            self._add_beyond(operator, given, where)
            return
        self.used.update(given, operator.outputs)
        if given and self.computed.isdisjoint(given):
            read = (operator.inputs[i] for i in data_inputs(operator.name, len(operator.inputs)))
            self.roots.update(dict.fromkeys(operator.outputs, self._stored(read)))
            return
        bias = self._bias(operator)
        self.layers.append(
            Layer(
                name=self.names[operator.outputs[0]],
                op=operator.name,
                inputs=tuple(self.names[i] for i in given if i in self.computed),
                outputs=tuple(self.names[i] for i in operator.outputs),
                work=work_of(self._operands(operator, bias, where)),
                weights=tuple(self.names[i] for i in self._weights(operator, bias)),
                level=operator.name == "DEPTHWISE_CONV_2D"
                and all(map(self.file.is_level, self._stored(operator.inputs[WEIGHTS : WEIGHTS + 1]))),
            )
        )
        self.computed.update(operator.outputs)

    def _add_beyond(self, operator: StoredOperator, given: Sequence[int], where: str) -> None:
        """Set aside an operator whose results have sizes that depend on data."""
        if operator.name in COUNTED:
            tensors = [*given, *operator.outputs]  # of a transposed convolution, only the result's size may be unknown
            unknown = next(self.names[index] for index in tensors if index in self.shapes.unknown)
            raise GraphError(
                f"the work of {operator.name} depends on data: the size of {unknown!r} is known only in a run",
                where=where,
                fix="export the model without what comes before this operator and depends on data, and check the parts",
            )
        self.beyond[operator.name] += 1
        self.beyond_weights.update(dict.fromkeys(self._weights(operator, "none")))
        self.ends.update(dict.fromkeys(i for i in given if i in self.computed and i not in self.shapes.unknown))
        self.computed.update(operator.outputs)

    def network(self) -> Network:
        """The network, after all operators were added.

        Raises:
            GraphError: no operator produces an output, or a tensor's type has no size.
        """
        file = self.file
        for index in file.outputs:
            if not self._has_value(index):
                raise GraphError(
                    "no operator produces an output of the model", where=f"{file.path}: {self.names[index]!r}"
                )
        outputs = dict.fromkeys([*(i for i in file.outputs if i not in self.shapes.unknown), *self.ends])
        self.used.update((*outputs, *self.beyond_weights))
        return Network(
            name=file.path.stem,
            format="tflite",
            layout="nhwc",
            inputs=tuple(self.names[index] for index in file.inputs),
            outputs=tuple(self.names[index] for index in outputs),
            layers=tuple(self.layers),
            tensors={self.names[index]: self._tensor(index) for index in sorted(self.used)},
            file_bytes=len(file.content),
            metadata=_texts(file.metadata),
            notes=tuple(self._notes()),
            beyond=dict(sorted(self.beyond.items())),
            beyond_weights=tuple(self.names[index] for index in self.beyond_weights),
        )

    def _operands(self, operator: StoredOperator, bias: Bias, where: str) -> Operands:
        rows = self.shapes.rows
        return Operands(
            operator.name,
            [None if index == ABSENT else rows[index] for index in operator.inputs],
            [index not in self.computed for index in operator.inputs],
            rows[operator.outputs[0]],
            bias,
            where,
        )

    def _bias(self, operator: StoredOperator) -> Bias:
        position = BIAS.get(operator.name)
        if position is None or position >= len(operator.inputs) or operator.inputs[position] == ABSENT:
            return "none"
        index = operator.inputs[position]
        if index in self.computed:
            return "own"
        return "none" if all(self.file.is_zero(root) for root in self._stored([index])) else "own"

    def _weights(self, operator: StoredOperator, bias: Bias) -> tuple[int, ...]:
        """The trained ones among the stored constants that an operator reads."""
        read = operator.inputs
        if operator.name == "BATCH_MATMUL":
            return self._stored(read)
        if operator.name in COUNTED:
            return self._stored((*read[WEIGHTS : WEIGHTS + 1], *(read[BIAS[operator.name] :] if bias == "own" else ())))
        roots = self._stored(read[position] for position in data_inputs(operator.name, len(read)))
        if operator.name == "PRELU":
            return roots  # one slope for all channels is trained too
        rows = self.shapes.rows
        return tuple(index for index in roots if rows[index].count > 1 and rows[index].dtype not in _INDEX_TYPES)

    def _stored(self, indices: Iterable[int]) -> tuple[int, ...]:
        """The constants in the file that constant tensors come from, each once; none for computed tensors."""
        found: dict[int, None] = {}
        for index in indices:
            if index != ABSENT and index not in self.computed:
                found.update(dict.fromkeys(self.roots.get(index, (index,))))
        return tuple(found)

    def _has_value(self, index: int) -> bool:
        row = self.file.tensors[index]
        return index in self.computed or index in self.roots or row.data is not None or row.count == 0

    def _check_order(self, operator: StoredOperator, where: str) -> None:
        if not operator.outputs:
            raise GraphError(f"{operator.name} has no output", where=where)
        for index in operator.inputs:
            if index != ABSENT and not self._has_value(index):
                raise GraphError(f"{operator.name} reads {self.names[index]!r} before it is produced", where=where)
        for index in operator.outputs:
            row = self.file.tensors[index]
            if index in self.computed or index in self.roots or row.data is not None:
                raise GraphError(
                    f"{operator.name} writes {self.names[index]!r}, which already has a value", where=where
                )

    def _tensor(self, index: int) -> Tensor:
        row = self.shapes.rows[index]
        # Constant strings are labels at most; their bytes are not counted.
        dtype = "uint8" if row.dtype == "string" and index not in self.computed else row.dtype
        if dtype not in BITS:
            raise GraphError(
                f"a tensor has {dtype} elements, whose size is unknown",
                where=f"{self.file.path}: {self.names[index]!r}",
            )
        return Tensor(self.names[index], row.shape, dtype, constant=index not in self.computed)

    def _notes(self) -> Iterable[str]:
        file = self.file
        if file.subgraphs > 1:
            yield f"the file contains {file.subgraphs} subgraphs; only the first is counted"
        for index in file.inputs:
            row = file.tensors[index]
            if row.signature[:1] == (DYNAMIC,):
                yield f"input {self.names[index]!r} has a dynamic batch; counted with batch 1"
        if any(file.tensors[index].sparse for index in self.used):
            yield "some weights are stored sparse; they count as dense"

    def _where(self, index: int, operator: StoredOperator) -> str:
        made = ", ".join(repr(self.names[i]) for i in operator.outputs) or "nothing"
        return f"{self.file.path}: operator {index} ({operator.name}), which produces {made}"


def _unique_names(tensors: Sequence[StoredTensor]) -> list[str]:
    """A unique name for each tensor: its own, with its index added if it is ambiguous."""
    names = [row.name or "tensor" for row in tensors]
    for _ in range(3):  # a generated name may already exist
        times = Counter(names)
        names = [name if times[name] == 1 else f"{name}:{index}" for index, name in enumerate(names)]
    return names


def _texts(metadata: Mapping[str, bytes]) -> dict[str, str]:
    """The entries that are text; other tools store FlatBuffers there."""
    found = {}
    for name, content in metadata.items():
        with suppress(UnicodeDecodeError):
            found[name] = content.decode()
    return found
