"""A family as CONTRIBUTING says how to add one: one file, without a recipe and without sample weights."""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import replace
from textwrap import dedent

import numpy as np
import pytest

import edgeface.models
from edgeface import ExportRequest, Recognizer, export, load
from edgeface.cli import main
from edgeface.compile.report_options import ReportOptions
from edgeface.core import progress
from edgeface.doctor.examine import examine
from edgeface.errors import InputError
from edgeface.models import families, family
from edgeface.samples import sample_of

FILE = '''
    """A recognizer of three convolutions."""

    from dataclasses import dataclass

    from edgeface.contracts import ImageInput, RecognitionContract


    @dataclass(frozen=True)
    class Toy:
        name: str = "toy"
        task: str = "recognition"
        description: str = "three convolutions"

        def variants(self):
            image = ImageInput(height=112, width=112, color="rgb", mean=(127.5,) * 3, scale=(1 / 128,) * 3)
            return {
                "small": RecognitionContract(family="toy", variant="small", activation="relu", input=image, width=32)
            }

        def build(self, contract):
            from torch import nn

            layers = []
            for inputs, outputs in ((3, 8), (8, 16), (16, 32)):
                layers += [nn.Conv2d(inputs, outputs, 3, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
            layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, contract.width)]
            return nn.Sequential(*layers).eval().requires_grad_(False)

        def variant_of(self, path):
            return "small"

        def random(self, contract, seed):
            from edgeface.models._random_weights import randomize

            module = self.build(contract)
            randomize(module, seed, 0.0, 0.5)
            return module


    FAMILY = Toy()
'''
TARGETS = ("onnx-fp32", "tflite-int8")


@pytest.fixture
def add_family(tmp_path, monkeypatch):
    """Put a file with this text where families are found: `add_family(name, text)`."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setattr(edgeface.models, "__path__", [*edgeface.models.__path__, str(folder)])
    added = []

    def add(name, text):
        (folder / f"{name}.py").write_text(dedent(text))
        importlib.invalidate_caches()
        added.append(name)

    yield add
    for name in added:
        sys.modules.pop(f"edgeface.models.{name}", None)
        vars(edgeface.models).pop(name, None)


@pytest.fixture
def toy(add_family):
    add_family("toy", FILE)
    return family("toy")


def request(out, **given):
    return ExportRequest("toy", TARGETS, out=out, report=ReportOptions(latency=False), **given)


def test_it_is_listed_with_the_others(toy, capsys):
    try:
        with pytest.raises(SystemExit) as ended:
            main(["models", "--json"])
    finally:
        progress.show(False)
    assert ended.value.code == 0
    listed = {model["name"]: model for model in json.loads(capsys.readouterr().out)["models"]}
    assert {"mobilefacenet", "retinaface_mnet025", "toy"} <= set(listed)
    assert listed["toy"]["variants"]["small"]["width"] == 32


def test_a_seeded_one_is_exported_loaded_and_run(toy, tmp_path):
    embedded = {}
    faces = list(np.random.default_rng(0).integers(0, 256, (2, 112, 112, 3), np.uint8))
    for artifact in export(request(tmp_path / "out", seed=1)):
        assert artifact.certificate().passed
        recognizer = load(artifact.folder)
        assert isinstance(recognizer, Recognizer)
        embedded[artifact.manifest.target] = recognizer.embed(faces)
    fp32, int8 = (embedded[target] for target in TARGETS)
    assert fp32.shape == int8.shape == (2, 32)
    assert 0.99 < (fp32 * int8).sum(axis=1).min() < 1


def test_a_checkpoint_is_exported(toy, tmp_path):
    import torch

    contract = toy.variants()["small"]
    torch.save(toy.random(contract, 1).state_dict(), tmp_path / "toy.pth")
    made, seeded = (
        export(replace(request(tmp_path / name, **given), targets=TARGETS[:1]))[0]
        for name, given in (("out", {"weights": tmp_path / "toy.pth"}), ("seeded", {"seed": 1}))
    )
    assert made.model_path.read_bytes() == seeded.model_path.read_bytes()


def test_without_a_skeleton_it_needs_torch_and_says_so(toy, tmp_path, monkeypatch):
    import torch

    torch.save(toy.random(toy.variants()["small"], 1).state_dict(), tmp_path / "toy.pth")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(InputError, match="toy, which has no skeleton, needs torch") as caught:
        export(request(tmp_path / "out", weights=tmp_path / "toy.pth"))
    assert "edgeface[torch]" in str(caught.value.fix)
    with pytest.raises(InputError, match=r"--seed.* needs torch"):
        export(request(tmp_path / "out", seed=1))


def test_with_a_skeleton_it_needs_none(toy, tmp_path, monkeypatch):
    import torch

    from edgeface.models import skeletons, write_skeletons

    torch.save(toy.random(toy.variants()["small"], 1).state_dict(), tmp_path / "toy.pth")
    traced = export(replace(request(tmp_path / "traced", weights=tmp_path / "toy.pth"), targets=TARGETS[:1]))[0]
    monkeypatch.setattr(skeletons, "SKELETONS", tmp_path / "skeletons")
    skeletons.index.cache_clear()
    write_skeletons.main(["toy"])
    clear(skeletons)
    try:
        monkeypatch.setitem(sys.modules, "torch", None)
        made = export(replace(request(tmp_path / "out", weights=tmp_path / "toy.pth"), targets=TARGETS[:1]))[0]
    finally:
        clear(skeletons)
    assert made.model_path.read_bytes() == traced.model_path.read_bytes()


def clear(skeletons):
    """Forget what was read of the index."""
    skeletons.index.cache_clear()
    skeletons._shapes.cache_clear()


def test_without_weights_there_is_no_sample_to_export(toy, tmp_path, monkeypatch):
    assert sample_of("toy") is None
    monkeypatch.delattr("edgeface.samples.compose.write_images")  # a refusal need not wait for images
    with pytest.raises(InputError, match="no weights") as caught:
        export(request(tmp_path / "out"))
    assert "--weights FILE" in str(caught.value.fix)
    assert "--seed" in str(caught.value.fix)
    assert not (tmp_path / "out").exists()


def test_the_doctor_does_not_miss_samples_of_it(toy):
    checks = [check for group in examine().groups if group.title == "Samples" for check in group.checks]
    assert [check.state for check in checks] == ["ok"] * len(checks)


def test_modules_that_define_no_family_are_none(toy, add_family):
    add_family("helpful", "WEIGHTS = 3\n")
    add_family("_toy_network", "FAMILY = None\n")
    assert {"helpful", "_toy_network"}.isdisjoint(families())


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("lame", FILE.replace("def variant_of", "def variant"), "lacks variant_of"),
        ("other", FILE, "'toy' is in a file of another name"),
    ],
)
def test_a_file_that_is_not_what_a_family_is_is_named(add_family, name, text, said):
    add_family(name, text)
    with pytest.raises(InputError, match=said) as caught:
        families()
    assert caught.value.where.endswith(f"{name}.py")
