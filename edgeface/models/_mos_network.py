"""MOS: faces, landmarks and head poses by one network, as torch modules.

Architecture: Liu et al., "MOS: A Low Latency and Lightweight Framework for Face Detection, Landmark Localization, and
Head Pose Estimation" (BMVC 2021). Attribute names are those of lyp-deeplearning/MOS-Multi-Task-Face-Detect, the
checkpoints' keys, with two differences: pyramid and context modules have plain convolutions, as RetinaFace's, where
that repository's have deformable ones; and the three angles, for which it has 66 classes each, are computed here.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from edgeface.models._retinaface_network import CHANNELS, ContextModule, FeaturePyramid, Head

_TASKS = ("classhead", "bboxhead", "landmarkhead", "pose_y", "pose_p", "pose_r")
_STITCHES = ("classhead", "BboxHead", "LandmarkHead", "PoseHead_y", "PoseHead_p", "PoseHead_r")
_SCALES = 3
_ANCHORS = 2
CLASSES = 66
"""Classes of an angle: class k is 3·k − 99 degrees (Ruiz et al., CVPR Workshops 2018)."""

_CLASS_DEGREES, _FIRST_DEGREES = 3.0, -99.0


class _Stitch(nn.Module):
    """A 1×1 convolution, named as the repository names it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1x1 = nn.Conv2d(CHANNELS, CHANNELS, 1)

    def forward(self, features: Tensor) -> Tensor:
        mapped: Tensor = self.conv1x1(features)
        return mapped


class _Scale(nn.Module):
    """A factor per channel."""

    def __init__(self) -> None:
        super().__init__()
        self.param = nn.Parameter(torch.ones(CHANNELS))

    def forward(self, features: Tensor) -> Tensor:
        return self.param.view(1, -1, 1, 1) * features


class CrossStitch(nn.Module):
    """Each task's map becomes a sum of all tasks' maps, with a factor per channel (Misra et al., CVPR 2016)."""

    def __init__(self) -> None:
        super().__init__()
        self.cross_stitch_unit = nn.ModuleDict(
            {task: nn.ModuleDict({other: _Scale() for other in _TASKS}) for task in _TASKS}
        )

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Six maps of six maps of the same shape, in the order of the tasks."""
        stitched = []
        for scales in self.cross_stitch_unit.children():
            parts = [scale(features) for scale, features in zip(scales.children(), maps, strict=True)]
            total = parts[0]
            for part in parts[1:]:
                total = total + part
            stitched.append(total)
        return stitched


class PoseHead(nn.Module):
    """An angle of each anchor."""

    def __init__(self, anchors: int) -> None:
        super().__init__()
        self.conv1x1 = nn.Conv2d(2 * CHANNELS, anchors * CLASSES, 1)
        wide = nn.Conv2d(CHANNELS, 2 * CHANNELS, 3, 1, 1, bias=False)
        self.Conv_pose = nn.Sequential(wide, nn.BatchNorm2d(2 * CHANNELS), nn.ReLU())

    def forward(self, features: Tensor) -> Tensor:
        """Degrees [1, h·w·anchors, 1]: the mean of the classes by their probabilities."""
        logits = self.conv1x1(self.Conv_pose(features)).permute(0, 2, 3, 1).reshape(1, -1, CLASSES)
        degrees = torch.arange(CLASSES, dtype=torch.float32).view(-1, 1) * _CLASS_DEGREES + _FIRST_DEGREES
        return torch.softmax(logits, dim=-1) @ degrees


class Mos(nn.Module):
    """The complete network for one image; any input size.

    Args:
        body: gives maps of the strides 8, 16 and 32.
        widths: their channels.
        slope: negative slope of the activations in the pyramid and the context modules.
    """

    def __init__(self, body: nn.Module, widths: Sequence[int], slope: float) -> None:
        super().__init__()
        self.body = body
        self.fpn = FeaturePyramid(slope, widths)
        self.ssh1, self.ssh2, self.ssh3 = (ContextModule(slope) for _ in range(_SCALES))
        for name in _STITCHES:
            self.add_module(f"stitch_{name}", nn.ModuleList(_Stitch() for _ in range(_SCALES)))
        for name, values in (("ClassHead", 2), ("BboxHead", 4), ("LandmarkHead", 10)):
            self.add_module(name, nn.ModuleList(Head(_ANCHORS, values) for _ in range(_SCALES)))
        for name in _STITCHES[3:]:
            self.add_module(name, nn.ModuleList(PoseHead(_ANCHORS) for _ in range(_SCALES)))
        self.cross_stitch = nn.ModuleDict({f"fpn{number}": CrossStitch() for number in range(1, _SCALES + 1)})

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Boxes [1,N,4], scores [1,N,2], landmarks [1,N,10] as RetinaFace's; and pose [1,N,3]: yaw, pitch, roll (°)."""
        maps = self.fpn(self.body(image))
        contexts = [self.get_submodule(f"ssh{number}")(m) for number, m in enumerate(maps, 1)]
        found: list[list[Tensor]] = []
        for scale, (features, stitch) in enumerate(zip(contexts, self.cross_stitch.children(), strict=True)):
            own = [self.get_submodule(f"stitch_{name}.{scale}")(features) for name in _STITCHES]
            heads = ("ClassHead", "BboxHead", "LandmarkHead", *_STITCHES[3:])
            pairs = zip(heads, stitch(own), strict=True)
            found.append([self.get_submodule(f"{name}.{scale}")(m) for name, m in pairs])
        logits, boxes, landmarks, *angles = (torch.cat(parts, dim=1) for parts in zip(*found, strict=True))
        return boxes, torch.softmax(logits, dim=-1), landmarks, torch.cat(angles, dim=2)
