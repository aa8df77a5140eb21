from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from edgeface.contracts import DetectionContract
from edgeface.errors import ContractError, InputError
from edgeface.images.files import read_image
from edgeface.images.folder import list_images
from edgeface.models import family
from edgeface.models.checkpoint import read_state_dict
from edgeface.tasks.detection.contract_inference import infer_contract

FAMILY = family("retinaface_mnet025")
VARIANTS = FAMILY.variants()
FIRST = "body.stage1.0.0.weight"
Forward = Callable[[DetectionContract, np.ndarray], dict[str, np.ndarray]]


def forward_of(state: dict[str, torch.Tensor]) -> Forward:
    modules: dict[str, torch.nn.Module] = {}

    def forward(contract: DetectionContract, tensor: np.ndarray) -> dict[str, np.ndarray]:
        if contract.activation not in modules:
            module = FAMILY.build(contract)
            module.load_state_dict(state, strict=False)
            modules[contract.activation] = module
        outputs = modules[contract.activation](torch.from_numpy(tensor))
        return {name: out.numpy() for name, out in zip(("boxes", "scores", "landmarks"), outputs, strict=True)}

    return forward


def weights(data: Path, name: str) -> dict[str, torch.Tensor]:
    arrays = read_state_dict(data / "weights" / f"retinaface_mnet025_{name}.pth")
    return {key: torch.from_numpy(array) for key, array in arrays.items()}


@pytest.fixture(scope="module")
def scenes(shared_data: Path) -> list[np.ndarray]:
    return [read_image(path) for path in list_images(shared_data / "scenes")[::24]]


@pytest.fixture(scope="module")
def portraits(shared_data: Path) -> list[np.ndarray]:
    return [read_image(path) for path in sorted((shared_data / "lfw" / "images").glob("*/*.jpg"))[7::380]]


def noise_images(count: int) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(0, 256, (120, 160, 3), np.uint8) for _ in range(count)]


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["official", "1mb"])
def test_contract_of_public_checkpoints_is_found(name: str, scenes, portraits, shared_data: Path) -> None:
    forward = forward_of(weights(shared_data, name))
    for images in (scenes, portraits):
        result = infer_contract(VARIANTS, forward, images)
        assert result.contract == VARIANTS[name]
        assert result.confidence > 0.8
        best = result.evidence[0]
        assert (best.contract.activation, best.contract.anchors) == (VARIANTS[name].activation, VARIANTS[name].anchors)


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "variant"), [("official", "rgb"), ("1mb", "inferred")])
def test_swapped_input_channels_are_inferred_as_color_order(
    name: str, variant: str, portraits, shared_data: Path
) -> None:
    state = weights(shared_data, name)
    state[FIRST] = state[FIRST].flip(1)
    contract = infer_contract(VARIANTS, forward_of(state), portraits).contract
    assert contract.input.color == "rgb"
    assert contract.variant == variant


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("declared", "named"),
    [
        ({"color": "rgb"}, "color bgr"),
        ({"activation": "relu"}, "activation leaky_relu"),
        ({"variant": "1mb"}, "16,32"),
    ],
)
def test_contradicted_declarations_are_refused(declared, named: str, scenes, shared_data: Path) -> None:
    with pytest.raises(ContractError, match=f"behaves as .*{named}") as caught:
        infer_contract(VARIANTS, forward_of(weights(shared_data, "official")), scenes, declared)
    assert "declare" in str(caught.value.fix)


@pytest.mark.real_data
def test_correct_declarations_are_confirmed(portraits, shared_data: Path) -> None:
    forward = forward_of(weights(shared_data, "official"))
    result = infer_contract(VARIANTS, forward, portraits, {"variant": "official"})
    assert result.contract == VARIANTS["official"]
    assert result.confidence > 0.9


@pytest.mark.real_data
@pytest.mark.parametrize("seed", [0, 1])
def test_random_weights_are_refused(seed: int, portraits) -> None:
    state = FAMILY.random(VARIANTS["official"], seed).state_dict()
    with pytest.raises(ContractError, match="cannot infer"):
        infer_contract(VARIANTS, forward_of(state), portraits[:4])


@pytest.mark.real_data
@pytest.mark.parametrize("noise", [0.3, 1.0])
def test_noised_weights_are_refused(noise: float, portraits, shared_data: Path) -> None:
    random = torch.Generator().manual_seed(1)
    state = {
        key: tensor + torch.randn(tensor.shape, generator=random) * tensor.std() * noise
        if tensor.dim() == 4
        else tensor
        for key, tensor in weights(shared_data, "1mb").items()
    }
    with pytest.raises(ContractError, match="cannot infer"):
        infer_contract(VARIANTS, forward_of(state), portraits[:4])


@pytest.mark.real_data
def test_images_without_faces_are_refused(shared_data: Path) -> None:
    with pytest.raises(ContractError, match="cannot infer") as caught:
        infer_contract(VARIANTS, forward_of(weights(shared_data, "official")), noise_images(3))
    assert "--variant" in str(caught.value.fix)


def test_a_declared_contract_that_cannot_be_checked_has_no_confidence() -> None:
    state = FAMILY.random(VARIANTS["1mb"], 0).state_dict()
    result = infer_contract(VARIANTS, forward_of(state), noise_images(2), {"variant": "1mb"})
    assert result.contract == VARIANTS["1mb"]
    assert result.confidence == 0.0


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"variant": "2mb"}, "unknown variant"),
        ({"shade": "bgr"}, "unknown contract field"),
        ({"color": "grey"}, "no known contract"),
    ],
)
def test_unknown_declarations_are_refused(declared, message: str) -> None:
    with pytest.raises(InputError, match=message):
        infer_contract(VARIANTS, forward_of({}), noise_images(1), declared)


def test_no_images_are_refused() -> None:
    with pytest.raises(InputError, match="no images"):
        infer_contract(VARIANTS, forward_of({}), [])


@pytest.mark.real_data
def test_a_fixed_size_network_gets_images_of_every_size(portraits, shared_data: Path) -> None:
    contract = VARIANTS["1mb"].with_input_size(512, 512)
    whole = forward_of(weights(shared_data, "1mb"))

    def forward(candidate: DetectionContract, tensor: np.ndarray) -> dict[str, np.ndarray]:
        assert tensor.shape == (1, 3, 512, 512)
        return whole(candidate, tensor)

    result = infer_contract({"own": contract}, forward, portraits, {"variant": "own"}, resizable=False)
    assert result.contract == contract
    assert result.confidence > 0.9


@pytest.mark.real_data
def test_a_wrong_declaration_of_a_fixed_size_network_is_refused(portraits, shared_data: Path) -> None:
    contract = VARIANTS["1mb"].with_input_size(512, 512)
    wrong = contract.with_color("rgb" if contract.input.color == "bgr" else "bgr")
    with pytest.raises(ContractError, match="but on the images it behaves as color"):
        infer_contract({"own": wrong}, forward_of(weights(shared_data, "1mb")), portraits, {"variant": "own"}, False)
