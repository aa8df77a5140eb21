"""A recognizer's file that declares nothing: an embedding by its shape, its scale by faces of different people.

Under a wrong scale all faces have nearly one embedding: on LFW the mean cosine of strangers is .90 instead of .01.
Color order and 127.5 against 128 leave both alone, so that no image tells them: they are as documented for the public
trainings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeface.contracts import ImageInput, RecognitionContract
from edgeface.core.progress import track
from edgeface.errors import ContractError
from edgeface.tasks.recognition.embedding import face_tensor
from edgeface.tasks.recognition.subject import ALIGNED_PX, aligned_subject
from edgeface.tasks.task import Forward, Image
from edgeface.tasks.undeclared import Evidence, NetworkFile, Settled, Verdict

SIZES = ((112, 112), (112, 96), (128, 128), (160, 160), (224, 224))
"""Height and width of aligned faces, in pixels, that public recognizers take."""

WIDTH_STEP = 64
MIN_FACES, MAX_FACES = 4, 12
ALIKE = 0.5
"""Strangers whose mean cosine is at least this are not told apart."""

BETTER = 0.25
_USUAL = (127.5, 1 / 127.5)
_LEVELS = (_USUAL, (0.0, 1 / 255), (0.0, 1.0))
_FIX = "correct mean and scale in the contract, or leave it out to have them inferred from images"


@dataclass(frozen=True)
class Separation:
    """Mean cosines under one scale: of different faces, and of a face and its mirror image."""

    strangers: float
    mirrored: float

    def __str__(self) -> str:
        """In words."""
        return f"mean cosine of strangers {self.strangers:.2f}, of mirror images {self.mirrored:.2f}"


class UndeclaredRecognizer:
    """Reads recognizers' files."""

    def readings(self, file: NetworkFile) -> list[RecognitionContract]:
        """One contract, where the file gives one embedding for an aligned face of a usual size."""
        if len(file.outputs) != 1 or file.channels != 3 or (file.height, file.width) not in SIZES:
            return []
        (name, shape), *_ = file.outputs.items()
        width = int(np.prod(shape))
        if shape[:2] != (1, width) or width % WIDTH_STEP:
            return []
        mean, scale = _USUAL if file.takes == "open" else (0.0, 1.0 if file.takes == "pixels" else 1 / 255)
        spec = {"name": file.input, "height": file.height, "width": file.width, **file.stored}
        color = "bgr" if file.reversed_channels else "rgb"
        return [
            RecognitionContract(
                family=file.name,
                variant="own",
                input=ImageInput.model_validate({**spec, "color": color, "mean": (mean,) * 3, "scale": (scale,) * 3}),
                output=name,
                width=width,
            )
        ]

    def settle(self, file: NetworkFile, readings: Sequence[RecognitionContract], evidence: Evidence) -> Settled:
        """The reading, under the scale that tells strangers apart best where the usual one does not."""
        contract = readings[0]
        color = evidence.declared.get("color")
        if color is not None:
            contract = contract.with_color("rgb" if color == "rgb" else "bgr")
        faces = list(_faces(contract, evidence))
        first = Verdict(
            "output", f"embedding of {contract.width} numbers", "inferred", "the only output, of this shape"
        )
        if file.takes != "open":
            levels = Verdict("input.mean, input.scale", _written(contract), "inferred", f"the graph {file.said}")
            return Settled(contract, (first, levels, *_untold(file, contract, color)), checked=False)
        if len(faces) < MIN_FACES:
            why = (
                f"{len(faces)} aligned faces, {MIN_FACES} are needed: pass aligned faces, or photographs and --detector"
            )
            levels = Verdict("input.mean, input.scale", _written(contract), "refused", why)
            return Settled(contract, (first, levels, *_untold(file, contract, color)), checked=False)
        levels_tried = track(list(_scaled(contract)), "inferring the contract: scale")
        seen = {_written(each): (each, separation(each, evidence.forward, faces)) for each in levels_tried}
        contract, levels = _chosen(contract, seen, len(faces))
        return Settled(contract, (first, levels, *_untold(file, contract, color)))

    def check(self, file: NetworkFile, contract: RecognitionContract, evidence: Evidence) -> Settled:
        """A declared contract, under whose scale strangers have to be told apart as well as under another.

        Raises:
            ContractError: they are not.
        """
        faces = list(_faces(contract, evidence))
        if len(faces) < MIN_FACES:
            verdict = Verdict("contract", contract.family, "declared", "no aligned faces to check it")
            return Settled(contract, (verdict,), checked=False)
        own = separation(contract, evidence.forward, faces)
        others = {_written(each): (each, separation(each, evidence.forward, faces)) for each in _scaled(contract)}
        name, (_, best) = min(others.items(), key=lambda item: item[1][1].strangers)
        if own.strangers >= ALIKE and best.strangers <= own.strangers - BETTER:
            said = f"; the graph {file.said}" if file.said else ""
            raise ContractError(
                f"the file is declared to take {_written(contract)}, but then strangers look alike: {own}; "
                f"under {name} {best} ({len(faces)} faces{said})",
                fix=_FIX,
            )
        return Settled(
            contract, (Verdict("input.mean, input.scale", _written(contract), "declared", f"confirmed: {own}"),)
        )


UNDECLARED = UndeclaredRecognizer()


def separation(contract: RecognitionContract, forward: Forward, faces: Sequence[Image]) -> Separation:
    """How the network sees faces, most of them of different people, and their mirror images."""
    plain = np.array([_embedding(contract, forward, face) for face in faces])
    other = np.array([_embedding(contract, forward, np.ascontiguousarray(face[:, ::-1])) for face in faces])
    cosines = plain @ plain.T
    apart = ~np.eye(len(faces), dtype=bool)
    return Separation(float(cosines[apart].mean()), float((plain * other).sum(axis=1).mean()))


def _embedding(contract: RecognitionContract, forward: Forward, face: Image) -> NDArray[np.float64]:
    output = forward(contract, face_tensor(face, contract.input))[contract.output]
    vector = np.nan_to_num(output.reshape(-1).astype(np.float64), posinf=0, neginf=0)
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), np.float64)


def _faces(contract: RecognitionContract, evidence: Evidence) -> Iterator[Image]:
    """Aligned faces of the images, at most a dozen; images that show none are left out."""
    aligned = {(contract.input.height, contract.input.width), (ALIGNED_PX, ALIGNED_PX)}
    count = 0
    for image in evidence.images:
        if count == MAX_FACES or (evidence.find is None and image.shape[:2] not in aligned):
            continue
        face = aligned_subject(image, contract, evidence.find, "an image")
        if face is not None:
            count += 1
            yield face


def _scaled(contract: RecognitionContract) -> Iterator[RecognitionContract]:
    for mean, scale in _LEVELS:
        spec = contract.input.model_copy(update={"mean": (mean,) * 3, "scale": (scale,) * 3})
        yield contract.model_copy(update={"input": spec})


def _written(contract: RecognitionContract) -> str:
    mean, scale = contract.input.mean[0], contract.input.scale[0]
    shifted = f"(x − {mean:g})" if mean else "x"
    return shifted if scale == 1 else f"{shifted}/{1 / scale:g}"


def _chosen(
    contract: RecognitionContract, seen: dict[str, tuple[RecognitionContract, Separation]], faces: int
) -> tuple[RecognitionContract, Verdict]:
    field, usual = "input.mean, input.scale", _written(contract)
    own = seen[usual][1]
    best = min(seen, key=lambda name: seen[name][1].strangers)
    if own.strangers >= ALIKE and seen[best][1].strangers > own.strangers - BETTER:
        why = f"strangers look alike under every usual scale: {own} ({faces} faces); the weights may be untrained"
        return contract, Verdict(field, usual, "refused", why)
    if own.strangers >= ALIKE:
        why = f"{seen[best][1]} ({faces} faces); under {usual} {own.strangers:.2f}"
        return seen[best][0], Verdict(field, best, "inferred", why)
    refuted = {name: each.strangers for name, (_, each) in seen.items() if each.strangers >= own.strangers + BETTER}
    alike = [name for name in seen if name not in {usual, *refuted}]
    said = f"{own} ({faces} faces)" + "".join(f"; under {name} {value:.2f}" for name, value in refuted.items())
    if alike:
        return contract, Verdict(
            field, usual, "indifferent", f"{said}; {', '.join(alike)} does as well; usual one taken"
        )
    return contract, Verdict(field, usual, "inferred", said)


def _untold(file: NetworkFile, contract: RecognitionContract, color: str | None) -> Iterator[Verdict]:
    order = contract.input.color.upper()
    if color is not None:
        yield Verdict("input.color", order, "declared", "images cannot tell it")
    else:
        usual = "RGB of the public trainings" + (", reversed by the graph" if file.reversed_channels else "")
        yield Verdict(
            "input.color", order, "indifferent", f"images cannot tell it, and it changes little; {usual} taken"
        )
    yield Verdict(
        "template", "arcface", "indifferent", "images cannot tell it; insightface's taken, scaled to the input"
    )
