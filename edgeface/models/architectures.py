"""Reference networks with published complexity, as far as edgeface can build them.

An architecture has no contract and no weights. Its cost is counted without torch from the skeleton of a family's
network (`edgeface.models.skeletons`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from edgeface.errors import InputError, did_you_mean
from edgeface.models.skeletons import read_skeleton

if TYPE_CHECKING:
    import torch

_FACE = (112, 112)


@dataclass(frozen=True)
class Architecture:
    """A network as originally defined, for one image of three channels.

    Attributes:
        name: as on the command line.
        description: one line.
        input_size: height and width, pixels.
        resizable: whether other input sizes are possible.
        outputs: names of the outputs.
        skeleton: the name of its skeleton.
        build: makes the network in eval mode with torch's initial weights; imports torch.
    """

    name: str
    description: str
    input_size: tuple[int, int]
    resizable: bool
    outputs: tuple[str, ...]
    skeleton: str
    build: Callable[[], torch.nn.Module]


def architectures() -> dict[str, Architecture]:
    """Every architecture by name."""
    y1 = "MobileFaceNet y1 with PReLU, as insightface defined it for MXNet"
    y2 = "MobileFaceNet y2 with PReLU, the baseline of the LFR challenge's light track"
    mbf = "MobileFaceNet of arcface_torch (mbf), embedding 512"
    public = "MobileFaceNet of a public PyTorch training"
    varg = "VarGFaceNet x1.25, winner of the LFR challenge's light track, embedding 512"
    known = [
        _recognizer("mobilefacenet:y1", f"{y1}, embedding 128", partial(_mobilefacenet_y, 128, (1, 4, 6, 2))),
        _recognizer("mobilefacenet:y1-512", f"{y1}, embedding 512", partial(_mobilefacenet_y, 512, (1, 4, 6, 2))),
        _recognizer("mobilefacenet:y2", f"{y2}, embedding 256", partial(_mobilefacenet_y, 256, (2, 8, 16, 4))),
        _recognizer("mobilefacenet:mbf", mbf, _mobilefacenet_mbf),
        _recognizer("mobilefacenet:relu6-128", f"{public} with ReLU6, embedding 128", _mobilefacenet_relu6),
        Architecture(
            name="mobilefacenet:prelu-112x96",
            description=f"{public} with PReLU for 112x96 pixels, embedding 128",
            input_size=(112, 96),
            resizable=False,
            outputs=("embedding",),
            skeleton="mobilefacenet-prelu-112x96",
            build=_mobilefacenet_prelu,
        ),
        _recognizer("vargfacenet", varg, _vargfacenet, "vargfacenet-x1.25"),
        *(
            _recognizer(
                f"iresnet{depth}",
                f"IResNet-{depth} of arcface_torch, embedding 512",
                partial(_iresnet, depth),
                f"iresnet-r{depth}",
            )
            for depth in (18, 34, 50, 100)
        ),
        Architecture(
            name="retinaface_mnet025",
            description="RetinaFace face detector, MobileNet-V1 x0.25 with FPN and SSH",
            input_size=(480, 640),
            resizable=True,
            outputs=("boxes", "scores", "landmarks"),
            skeleton="retinaface_mnet025-official",
            build=_retinaface,
        ),
    ]
    return {architecture.name: architecture for architecture in known}


def architecture(name: str) -> Architecture:
    """The architecture of that name.

    Raises:
        InputError: there is none; the error lists the known names and the closest one.
    """
    known = architectures()
    if name in known:
        return known[name]
    raise InputError(
        f"unknown architecture {name!r}", fix=f"{did_you_mean(name, known)}known architectures: {', '.join(known)}"
    )


def skeleton(name: str) -> bytes:
    """The architecture's skeleton; see `edgeface.models.skeletons.read_skeleton`.

    Raises:
        InputError: there is no such architecture.
    """
    return read_skeleton(architecture(name).skeleton)


def _recognizer(name: str, description: str, build: Callable[[], torch.nn.Module], skeleton: str = "") -> Architecture:
    stem = skeleton or name.replace(":", "-")
    return Architecture(name, description, _FACE, False, ("embedding",), stem, build)


def _mobilefacenet_y(embedding: int, blocks: tuple[int, int, int, int]) -> torch.nn.Module:
    from edgeface.models._mobilefacenet_network import MobileFaceNet

    return MobileFaceNet(embedding, blocks, bias=True, first_wide=64).eval()


def _mobilefacenet_mbf() -> torch.nn.Module:
    from edgeface.models._mobilefacenet_network import MobileFaceNet

    return MobileFaceNet(512, scale=2).eval()


def _mobilefacenet_relu6() -> torch.nn.Module:
    from edgeface.models._mobilefacenet_trainings import Relu6MobileFaceNet

    return Relu6MobileFaceNet().eval()


def _mobilefacenet_prelu() -> torch.nn.Module:
    from edgeface.models._mobilefacenet_trainings import PReluMobileFaceNet

    return PReluMobileFaceNet().eval()


def _vargfacenet() -> torch.nn.Module:
    from edgeface.models._vargfacenet_network import VarGFaceNet

    return VarGFaceNet().eval()


def _iresnet(depth: int) -> torch.nn.Module:
    from edgeface.models._iresnet_network import IResNet

    return IResNet(depth).eval()


def _retinaface() -> torch.nn.Module:
    from edgeface.models._retinaface_network import RetinaFace

    return RetinaFace(anchors=2, slope=0.1).eval()
