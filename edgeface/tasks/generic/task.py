"""Any network as a task: its outputs are its decision, and agree as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from edgeface.contracts import BaseContract, GenericContract
from edgeface.core.description import Figure, Table, Tile
from edgeface.core.requirement import Requirement
from edgeface.core.thresholds import Thresholds
from edgeface.errors import ContractError
from edgeface.graph.types import Array
from edgeface.images.files import fitted, placed
from edgeface.images.perturb import JPEG_95, NOISE, SHIFT, Perturbation
from edgeface.tasks.drift import Drift
from edgeface.tasks.generic import describe
from edgeface.tasks.generic.agreement import NumbersAgreement, compare_numbers
from edgeface.tasks.generic.requirements import GATE_NOISE, number_requirements
from edgeface.tasks.task import FindFaces, Forward, Image, Inference, Noise, View

Numbers = Mapping[str, Array]


@dataclass(frozen=True)
class GenericTask:
    """Image in, numbers out; two networks agree where their numbers are close."""

    name: str = "generic"
    contract: type[BaseContract] = GenericContract
    budgets: tuple[str, ...] = ()
    drift_is: str = "mean square of outputs' errors, by their size"
    noises: tuple[Perturbation, ...] = (NOISE, JPEG_95, SHIFT)
    noise: Perturbation = GATE_NOISE
    judged: tuple[str, ...] = ("output_error",)
    of_faces: bool = False
    shown_by: str = ""

    def infer(
        self,
        variants: Mapping[str, GenericContract],
        forward: Forward,  # noqa: ARG002
        images: Sequence[Image],  # noqa: ARG002
        declared: Mapping[str, str],
        resizable: bool = True,  # noqa: ARG002
    ) -> Inference:
        """The declared contract: nothing is known of what numbers say.

        Raises:
            ContractError: no variant is declared.
        """
        if "variant" not in declared:
            raise ContractError("what a network's numbers say cannot be inferred from images", fix="pass --contract")
        return Inference(variants[declared["variant"]], 0.0, {}, "nothing compared")

    def subject(self, image: Image, contract: GenericContract, find: FindFaces | None, where: str) -> Image:  # noqa: ARG002
        """The image as it is: what it has to show is the caller's business."""
        return image

    def fit(self, image: Image, contract: GenericContract) -> Image:  # noqa: ARG002
        """The image as it is: any one can be resized."""
        return image

    def prepare(self, image: Image, contract: GenericContract) -> View:
        """The image as the contract fits it: at the top left at the largest scale that fits, or stretched."""
        seen, scale = fitted(image, contract.input)
        return View(image, placed(seen, contract.input), scale, seen=seen)

    def perturbed(self, view: View, contract: GenericContract, change: Perturbation, number: int) -> View:
        """The view with the scaled image changed; the padding stays as it is."""
        seen = fitted(view.image, contract.input)[0] if view.seen is None else view.seen
        return replace(view, tensor=placed(change.apply(seen, number), contract.input), moved_px=change.moved_px)

    def decide(self, outputs: Mapping[str, Array], contract: GenericContract, view: View) -> Numbers:  # noqa: ARG002
        """The outputs that the contract names.

        Raises:
            ContractError: the network lacks one.
        """
        missing = [name for name in contract.output_names if name not in outputs]
        if missing:
            raise ContractError(
                f"the network has no output {missing[0]!r}; it has {', '.join(map(repr, outputs))}",
                where=f"{contract.family} ({contract.variant})",
            )
        return {name: outputs[name] for name in contract.output_names}

    def agree(self, reference: Numbers, candidate: Numbers) -> NumbersAgreement:
        """How far apart the numbers are."""
        return compare_numbers(reference, candidate)

    def drift(self, wanted: Numbers, got: Numbers, contract: GenericContract) -> dict[str, Drift]:
        """The mean square error of the outputs, each by its size on this image."""
        names = contract.output_names
        found = compare_numbers({name: wanted[name] for name in names}, got).outputs.values()
        return {"numbers": Drift(sum(each.relative_errors[0] ** 2 for each in found), len(names), squared=True)}

    def requirements(
        self, limits: Thresholds, agreement: NumbersAgreement, noise: Noise | None = None
    ) -> list[Requirement]:
        """Requirements on each output's mean error."""
        return number_requirements(limits, agreement, noise)

    def contract_rows(self, contract: GenericContract) -> tuple[tuple[str, str], ...]:
        """What the outputs are called, and how large a crop is shown."""
        rows = [("outputs", ", ".join(f"{role}: {name}" for role, name in contract.outputs.by_role.items()))]
        if contract.input.crop is not None:
            rows.append(("crop", f"{contract.input.crop:g} × a face's box"))
        return tuple(rows)

    def noise_sentence(self, decisions: Mapping[str, Any], noise: Mapping[str, Mapping[str, Any]]) -> str | None:
        """The mildest change of the images that changes more than the build."""
        return describe.noise_sentence(decisions, noise)

    def noise_table(self, decisions: Mapping[str, Any], noise: Mapping[str, Mapping[str, Any]]) -> Table:
        """Each change of the images, and the build among them."""
        return describe.noise_table(decisions, noise)

    def describe(self, decisions: Mapping[str, Any]) -> tuple[Table, ...]:
        """Each output's error against the reference."""
        return describe.number_tables(decisions)

    def glance(self, decisions: Mapping[str, Any]) -> Tile | None:
        """The worst output's mean error."""
        return describe.error_tile(decisions)

    def figures(self, decisions: Mapping[str, Any]) -> tuple[Figure, ...]:
        """The figures that a verdict rests on."""
        return describe.number_figures(decisions)


TASK = GenericTask()
