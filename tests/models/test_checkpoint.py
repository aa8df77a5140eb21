import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from edgeface.errors import CheckpointError
from edgeface.models.checkpoint import check_keys, read_state_dict
from edgeface.models.checkpoint_shapes import open_content

STATE = {"body.weight": torch.arange(6.0).reshape(2, 3), "body.bias": torch.zeros(2)}


class Whole(torch.nn.Module):
    """Pickled by reference, as `torch.save(model)` does."""


@pytest.mark.parametrize(
    "wrap",
    [
        lambda s: s,
        lambda s: {"state_dict": s, "epoch": 3},
        lambda s: {"net_state_dict": s, "iters": 7},
        lambda s: {"model": {"state_dict": s}},
        lambda s: {f"module.{k}": v for k, v in s.items()},
        lambda s: {"state_dict": {f"module.{k}": v for k, v in s.items()}},
    ],
)
def test_wrappings_and_prefixes_are_removed(wrap, tmp_path: Path) -> None:
    torch.save(wrap(STATE), tmp_path / "w.pth")
    state = read_state_dict(tmp_path / "w.pth")
    assert list(state) == list(STATE)
    assert np.array_equal(state["body.weight"], STATE["body.weight"])


def test_safetensors_are_read(tmp_path: Path) -> None:
    save_file(STATE, tmp_path / "w.safetensors")
    assert np.array_equal(read_state_dict(tmp_path / "w.safetensors")["body.weight"], STATE["body.weight"])


def test_legacy_format_is_read(tmp_path: Path) -> None:
    torch.save(STATE, tmp_path / "w.pth", _use_new_zipfile_serialization=False)
    assert set(read_state_dict(tmp_path / "w.pth")) == set(STATE)


def saved(content: object, path: Path) -> bytes:
    torch.save(content, path)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: b"", "file is empty"),
        (lambda p: saved(STATE, p)[:-200], "truncated"),
        (lambda p: b"these are no weights at all", "not a checkpoint"),
        (lambda p: pickle.dumps(Path), "could run code"),
        (lambda p: saved(Whole(), p), "could run code"),
        (lambda p: saved({"state_dict": STATE, "model": Whole()}, p), "could run code"),
        (lambda p: saved({"epoch": 3, "lr": 0.1}, p), "no named tensors"),
        (lambda p: saved([torch.zeros(2)], p), "no named tensors"),
        (lambda p: saved({"a.weight": torch.tensor([1.0, float("nan")])}, p), "1 of 2 values of a.weight are NaN"),
    ],
)
def test_unusable_files_say_what_is_wrong(make, message: str, tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    path.write_bytes(make(path))
    with pytest.raises(CheckpointError, match=message) as caught:
        read_state_dict(path)
    assert caught.value.fix
    assert str(path) in str(caught.value.where)


def test_missing_file_and_damaged_safetensors(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="there is no such file"):
        read_state_dict(tmp_path / "absent.pth")
    (tmp_path / "w.safetensors").write_bytes(b"\xff" * 40)
    with pytest.raises(CheckpointError, match="safetensors"):
        read_state_dict(tmp_path / "w.safetensors")


def test_pickled_code_is_not_run(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    (tmp_path / "w.pth").write_bytes(pickle.dumps({"x": Bomb()}))
    with pytest.raises(CheckpointError):
        read_state_dict(tmp_path / "w.pth")
    assert not (tmp_path / "ran").exists()


def test_matching_keys_pass_and_counters_do_not_matter() -> None:
    expected = {"body.weight": (2, 3), "body.bias": (2,), "bn.num_batches_tracked": ()}
    check_keys(STATE, expected, "w.pth")


def test_every_kind_of_difference_is_named_at_once() -> None:
    state = {"a": torch.zeros(2), "b": torch.zeros(3), "x": torch.zeros(1)}
    with pytest.raises(CheckpointError) as caught:
        check_keys(state, {"a": (2,), "b": (4,), "c": (1,)}, "w.pth")
    assert "1 missing: c" in caught.value.what
    assert "1 unexpected: x" in caught.value.what
    assert "b is [3], not [4]" in caught.value.what


def test_long_lists_are_shortened_and_foreign_weights_hinted_at() -> None:
    with pytest.raises(CheckpointError, match="and 12 more") as caught:
        check_keys({"z": torch.zeros(1)}, {f"k{i}": (1,) for i in range(20)}, "w.pth")
    assert "another network" in str(caught.value.fix)


def test_tensors_of_safetensors_come_in_the_headers_order(tmp_path: Path) -> None:
    names = [f"layer{number}.weight" for number in range(40)]
    save_file({name: torch.ones(2) for name in names}, tmp_path / "w.safetensors")
    with open_content(tmp_path / "w.safetensors") as content:
        header = list(content.structure)
    assert sorted(header) == sorted(names)
    for _ in range(5):
        assert list(read_state_dict(tmp_path / "w.safetensors")) == header
