"""Cut the decode off a detector's graph, so that its contract's decoder does it, where both are shown to do the same.

Integers hold a network's raw outputs well, and what a graph computes of them badly: exponentials, and coordinates of
faces of all sizes in one scale. The cut is a contract that names other values of the graph as outputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.compile.derive_priors import derive_priors
from edgeface.contracts import Contract, DetectionContract
from edgeface.graph.onnx_reader import parse_onnx
from edgeface.graph.onnx_steps.float_heads import behind_layers, with_outputs
from edgeface.tasks.detection.decode_in_graph import decode_in_graph
from edgeface.tasks.detection.decoding import Candidates, Decoder, same_but_batch
from edgeface.tasks.detection.detect import decoding_of

TOLERANCE = 1e-4
"""Of scores, and of boxes and landmarks in parts of the input's longer side; float32 rounds large boxes by more."""

_ROUNDING = 1e-5
_BLOCK_PX = 8


@dataclass(frozen=True)
class CutDecode:
    """What became of a decode that is inside the graph.

    Attributes:
        contract: the one to export with; unchanged if the decode stays.
        note: what was done, or why not, for people.
        largest: the largest difference between both decodes, in pixels, if it was cut.
    """

    contract: DetectionContract
    note: str
    largest: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """For the manifest."""
        return {"cut": self.largest is not None, "note": self.note, "largest_difference_px": self.largest}


def cut_decode(model: bytes, contract: Contract) -> CutDecode | None:
    """The contract of a detector whose decode is cut off, or why it stays in the graph; None if there is none.

    Args:
        model: a ModelProto with static shapes and the contract's outputs.
        contract: of any task.

    Raises:
        RuntimeFailure: ONNX Runtime refuses the model.
    """
    inside = decode_in_graph(contract)
    if inside is None:
        return None
    search = _Search(model, inside.contract)
    for form in inside.before:
        for known in (form, *search.derived(inside.decoder, form)):
            found = search.proved(known)
            if found is not None:
                return found
    return CutDecode(
        inside.contract,
        "the decode stays in the graph: no values in front of it decode to the same boxes "
        f"by {inside.contract.decoder} with these parameters",
    )


class _Search:
    """The values of a model that may be a decoder's outputs, as it computes them of an image without faces."""

    def __init__(self, model: bytes, contract: DetectionContract) -> None:
        self.model, self.contract = model, contract
        self.size = contract.input.height, contract.input.width
        names = behind_layers(parse_onnx(model))
        probe = with_outputs(parse_onnx(model), [*dict.fromkeys([*names, *contract.output_names])])
        runner = OrtRunner(probe.SerializeToString(deterministic=True), optimize=False)  # it holds on to all values
        values = runner.run({contract.input.name: _noise(contract)})
        self.values = {name: array for name, array in values.items() if array.dtype == np.float32}
        self.late = [name for name in reversed(names) if name in self.values]
        self.wanted = decoding_of(contract).candidates(self.values, -np.inf)

    def proved(self, form: Decoder) -> CutDecode | None:
        """The contract with this decoder, if some values of the graph decode to what the model's outputs do."""
        choices = self._choices(form)
        if not all(choices.values()):
            return None
        by_role = {role: names[0] for role, names in choices.items()}
        for role, names in choices.items():  # each output decides on numbers of its own
            by_role[role] = max(names, key=lambda name: self._alike(form, {**by_role, role: name})[0])
        alike, largest = self._alike(form, by_role)
        if alike < 1:
            return None
        shown = ", ".join(map(repr, by_role.values()))
        note = f"the decode is cut off the graph, and done by the contract's decoder: the outputs are {shown}"
        return CutDecode(_contract(self.contract, form, by_role), note, largest)

    def derived(self, decoder: Decoder, form: Decoder) -> Iterator[Decoder]:
        """The decoder with priors that the graph holds as constants, for each value that may be the raw boxes."""
        if not hasattr(form, "sizes") or not hasattr(form, "variances"):
            return
        boxes = self.contract.outputs.by_role["boxes"]
        for name in self._choices(form)["boxes"]:
            head = name, self.values[name].shape
            found = derive_priors(self.model, head, boxes, decoder, form, self.size)
            if found is not None:
                yield found

    def _choices(self, form: Decoder) -> dict[str, list[str]]:
        """By role, the values of its shape, the contract's output first, then those nearest to the outputs."""
        own = self.contract.outputs.by_role
        return {
            role: sorted(
                (name for name in self.late if same_but_batch(self.values[name].shape, shape)),
                key=lambda name: name != own.get(role),
            )
            for role, shape in form.expected(*self.size).items()
        }

    def _alike(self, form: Decoder, by_role: Mapping[str, str]) -> tuple[float, float]:
        """The share of numbers that are as the model's outputs decode to, and the largest difference in pixels."""
        shapes = form.expected(*self.size)
        given = {role: self.values[name].reshape(shapes[role]) for role, name in by_role.items()}
        return _alike(self.wanted, form.decode(given, *self.size, -np.inf), max(self.size))


def _noise(contract: DetectionContract) -> NDArray[np.float32]:
    """An image of random blocks: what it decodes to says nothing of faces, and all of the decode."""
    height, width = contract.input.height, contract.input.width
    blocks = np.random.default_rng(0).uniform(size=(1, 3, -(-height // _BLOCK_PX), -(-width // _BLOCK_PX)))
    pixels = np.kron(blocks, np.ones((1, 1, _BLOCK_PX, _BLOCK_PX)))[:, :, :height, :width] * 255
    mean, scale = (np.reshape(numbers, (1, 3, 1, 1)) for numbers in (contract.input.mean, contract.input.scale))
    return np.asarray((pixels - mean) * scale, np.float32)


def _alike(wanted: Candidates, got: Candidates, side: int) -> tuple[float, float]:
    """The share of numbers that are the same within tolerances, and the largest difference of places in pixels."""
    count, same, largest = 0, 0, 0.0
    for name in ("scores", "boxes", "landmarks"):
        one, other = getattr(wanted, name), getattr(got, name)
        if one.shape != other.shape:
            return 0.0, float("inf")
        apart = np.abs(one - other)
        allowed = TOLERANCE if name == "scores" else TOLERANCE * side + _ROUNDING * np.abs(one)
        count, same = count + apart.size, same + int((apart <= allowed).sum())
        if name != "scores":
            largest = max(largest, float(apart.max(initial=0)))
    return same / max(count, 1), largest


def _contract(contract: DetectionContract, form: Decoder, by_role: Mapping[str, str]) -> DetectionContract:
    """The contract with a decoder's parameters, those that were given or are not the default, and other outputs."""
    given = contract.parameters.model_dump()
    kept: dict[str, Any] = {}
    for item in fields(form):  # type: ignore[arg-type]
        value = getattr(form, item.name)
        if item.name in given or value != item.default:
            kept[item.name] = value
    document = {key: value for key, value in contract.model_dump().items() if key not in ("anchors", "parameters")}
    changed: DetectionContract = TypeAdapter(DetectionContract).validate_python(
        {**document, "parameters": kept, "outputs": dict(by_role)}
    )
    return changed
