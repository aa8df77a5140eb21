"""IR and IR-SE recognizers of the InsightFace_Pytorch lineage: keys `input_layer`, `body`, `output_layer`, 512 numbers.

Trainings differ in a few layers, which their tensors tell: `ir*` and `irse*` are TreB1eN/InsightFace_Pytorch and
face.evoLVe, `curricular-*` is CurricularFace, `adaface-*` AdaFace, which alone takes BGR. All of them take
(x − 127.5) / 127.5; some divide the embedding by its length, which a cosine does not see.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeface.contracts import ColorOrder, Contract, ImageInput, RecognitionContract
from edgeface.models._checkpoint_family import CheckpointFamily

if TYPE_CHECKING:
    from torch import nn

_NAME = "ir_face"
_PLAIN = {"se": False, "middle_norm": False, "affine": True}
_SE = {**_PLAIN, "se": True}
_CURRICULAR = {**_PLAIN, "affine": False}
_ADA = {"se": False, "middle_norm": True, "affine": False}
_FORMS: dict[str, tuple[int, dict[str, bool]]] = {
    "irse50": (50, _SE),
    "irse101": (101, _SE),
    "ir50": (50, _PLAIN),
    "ir101": (101, _PLAIN),
    "curricular-ir50": (50, _CURRICULAR),
    "curricular-ir101": (101, _CURRICULAR),
    "curricular-irse50": (50, {**_CURRICULAR, "se": True}),
    "curricular-irse101": (101, {**_CURRICULAR, "se": True}),
    "adaface-ir18": (18, _ADA),
    "adaface-ir34": (34, _ADA),
    "adaface-ir50": (50, _ADA),
    "adaface-ir101": (101, _ADA),
}


def _contract(variant: str) -> RecognitionContract:
    color: ColorOrder = "bgr" if variant.startswith("adaface") else "rgb"
    image = ImageInput(height=112, width=112, color=color, mean=(127.5,) * 3, scale=(1 / 127.5,) * 3)
    return RecognitionContract(family=_NAME, variant=variant, activation="prelu", input=image, width=512)


@dataclass(frozen=True)
class IrFaces(CheckpointFamily):
    """The family; see the module docstring."""

    def variants(self) -> dict[str, Contract]:
        """One for each depth of each training; a checkpoint's is told by its tensors."""
        return {variant: _contract(variant) for variant in _FORMS}

    def network(self, contract: Contract) -> nn.Module:
        """The variant's network with torch's initial weights."""
        from edgeface.models._ir_network import Form, IrNetwork

        depth, form = _FORMS[contract.variant]
        return IrNetwork(Form(depth, **form))


FAMILY = IrFaces(
    _NAME,
    "recognition",
    "IR and IR-SE face recognizers (InsightFace_Pytorch, face.evoLVe, CurricularFace, AdaFace), 512 numbers",
    slope=0.25,
)
