"""What users do with known families needs no torch: it runs where importing torch is an error."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.contracts import Contract
from edgeface.models import family
from edgeface.models.layouts import told_family
from edgeface.models.network import CheckpointNetworks
from edgeface.models.skeletons import is_resizable
from edgeface.models.torch_run import run_module

LIGHT = """
import sys

class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "safetensors"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, NoTorch())
import json
from edgeface.cli import main
for command in json.loads(sys.argv[1]):
    try:
        main(command)
    except SystemExit as ended:
        print("ended", ended.code, file=sys.stderr)
"""
"""Runs commands one after the other, and says how each ended."""
CHECKPOINTS = {
    "face_rfb_landmark.pth": ("face_rfb", "1mb"),
    "face_slim_landmark.pth": ("face_slim", "1mb"),
    "mobilefacenet_prelu_112x96.ckpt": ("mobilefacenet", "prelu-112x96"),
    "mobilefacenet_relu6_128.pt": ("mobilefacenet", "relu6-128"),
    "retinaface_mnet025_1mb.pth": ("retinaface_mnet025", "1mb"),
    "retinaface_mnet025_b.pth": ("retinaface_mnet025", "official"),
    "retinaface_mnet025_c.pth": ("retinaface_mnet025", "official"),
    "retinaface_mnet025_official.pth": ("retinaface_mnet025", "official"),
}
"""Family and variant of each public checkpoint, which images told while torch inferred the contract."""


def light(*commands: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", LIGHT, json.dumps(commands)]
    return subprocess.run(program, cwd=folder, capture_output=True, text=True, check=True)


def test_samples_are_exported_checked_compared_and_listed(tmp_path):
    made = ["export", "mobilefacenet", "--target", "onnx-fp32"]
    others = (["check", "mobilefacenet:y1"], ["parity", "out/mobilefacenet-onnx-fp32"], ["models"])
    ran = light(made, *others, folder=tmp_path)
    ends = [line for line in ran.stderr.splitlines() if line.startswith("ended")]
    assert ends == ["ended 0"] * 4, ran.stderr
    assert (tmp_path / "out" / "mobilefacenet-onnx-fp32" / "certificate.json").is_file()


def test_a_seed_says_how_to_get_torch(tmp_path):
    ran = light(["export", "mobilefacenet", "--seed", "1", "--target", "onnx-fp32", "--json"], folder=tmp_path)
    assert "ended 2" in ran.stderr
    error = json.loads(ran.stdout)["error"]
    assert "a network with random weights (--seed) needs torch" in error["what"]
    assert "CPU build first, 200 MB and a minute" in error["fix"]


@pytest.mark.real_data
@pytest.mark.parametrize("name", CHECKPOINTS)
def test_public_checkpoints_give_what_torch_computes(name, shared_data):
    path, (of_family, variant) = shared_data / "weights" / name, CHECKPOINTS[name]
    found = family(of_family)
    assert told_family(path).name == of_family
    contract: Contract = found.variants()[variant]
    if is_resizable(contract):
        contract = contract.with_input_size(96, 128)
    spec = contract.input
    pixels = np.random.default_rng(1).integers(0, 256, (spec.height // 8, spec.width // 8, 3)).repeat(8, 0).repeat(8, 1)
    image = ((pixels - spec.mean) * spec.scale).transpose(2, 0, 1)[None].astype(np.float32)
    network = OrtRunner(CheckpointNetworks(found, path).onnx(contract), optimize=False)
    made, wanted = network.run({spec.name: image}), run_module(found.load(path, contract), image, contract)
    for key, array in wanted.items():
        np.testing.assert_allclose(made[key], array, atol=1e-5, rtol=0)


@pytest.mark.real_data
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if "slim" in name else pytest.mark.hostile)
        for name in CHECKPOINTS
        if name.endswith(".pth")
    ],
)
def test_images_tell_the_same_contract_as_with_torch(name, shared_data, infer_by):
    told, with_torch = (infer_by(shared_data / "weights" / name, *CHECKPOINTS[name], torch=given) for given in (0, 1))
    assert told.contract == with_torch.contract
    assert (told.contract.variant, told.contract.input.color) == (CHECKPOINTS[name][1], "bgr")
    assert told.margins == pytest.approx(with_torch.margins, rel=0.02)


@pytest.fixture
def infer_by(shared_data):
    """The contract that a few scenes tell, by skeletons or by torch."""
    from edgeface.compile.checkpoint import InferenceRuns
    from edgeface.images.files import read_image
    from edgeface.images.folder import list_images
    from edgeface.tasks import task

    images = [read_image(path) for path in list_images(shared_data / "scenes")[::12][:8]]

    def infer(path, name, variant, *, torch):
        found = family(name)
        variants = found.variants()
        if torch:
            modules = {each.network: found.load(path, each) for each in variants.values()}

            def forward(contract, image):
                return run_module(modules[contract.network], image, contract)

        else:
            forward = InferenceRuns(CheckpointNetworks(found, path), variants.values())
        return task(found.task).infer(variants, forward, images, {})

    return infer
