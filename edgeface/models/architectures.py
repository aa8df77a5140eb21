"""Reference networks with published complexity, as far as edgeface can build them.

An architecture has no contract and no weights. Its cost is counted without torch from its skeleton, an ONNX file
without weights that ships with the package; `python -m edgeface.models.write_skeletons` writes it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from edgeface.errors import InputError, did_you_mean
from edgeface.reading.kinds import OWN
from edgeface.reading.regular_file import read_file

if TYPE_CHECKING:
    import torch

SKELETONS = Path(__file__).with_name("skeletons")
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
        build: makes the network in eval mode with torch's initial weights; imports torch.
    """

    name: str
    description: str
    input_size: tuple[int, int]
    resizable: bool
    outputs: tuple[str, ...]
    build: Callable[[], torch.nn.Module]

    @property
    def skeleton_path(self) -> Path:
        """The path of its skeleton in the package."""
        return SKELETONS / f"{self.name.replace(':', '-')}.onnx"


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
            build=_mobilefacenet_prelu,
        ),
        _recognizer("vargfacenet", varg, _vargfacenet),
        *(
            _recognizer(f"iresnet{depth}", f"IResNet-{depth} of arcface_torch, embedding 512", partial(_iresnet, depth))
            for depth in (18, 34, 50, 100)
        ),
        Architecture(
            name="retinaface_mnet025",
            description="RetinaFace face detector, MobileNet-V1 x0.25 with FPN and SSH",
            input_size=(480, 640),
            resizable=True,
            outputs=("boxes", "scores", "landmarks"),
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
    """The architecture's skeleton: an ONNX model whose initializers have names, shapes and dtypes, but no data.

    The initializers are the tensors of the network's state dict. If `resizable`, the input's height and width are
    dynamic; once they are set, ONNX's shape inference with data propagation determines every shape.

    Raises:
        InputError: there is no such architecture.
    """
    return read_file(architecture(name).skeleton_path, OWN)


def _recognizer(name: str, description: str, build: Callable[[], torch.nn.Module]) -> Architecture:
    return Architecture(name, description, _FACE, resizable=False, outputs=("embedding",), build=build)


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
    from edgeface.models._retinaface_resizable_network import ResizableRetinaFace

    return ResizableRetinaFace(anchors=2, slope=0.1).eval()
