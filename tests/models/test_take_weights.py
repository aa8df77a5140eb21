"""Every way in which trainings wrap weights leads to the same tensors, and what was taken is said."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from edgeface.errors import CheckpointError
from edgeface.models.checkpoint import check_keys, load_weights, read_state_dict
from edgeface.models.checkpoint_shapes import read_shapes, read_taken

PREFIXES = ("_orig_mod.", "module.", "model.", "net.", "backbone.", "body.")
CONTAINERS = (
    *("state_dict", "model_state_dict", "params_ema", "params", "ema", "ema_state_dict", "model_ema"),
    *("net", "backbone", "student"),
)
HEAD = torch.ones(7, 2)
Wrap = Callable[[dict[str, Any]], Any]


class Network(torch.nn.Module):
    """As a recognizer: its own names begin with a word that is also a wrapper's."""

    def __init__(self) -> None:
        super().__init__()
        self.body = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
        self.embedding = torch.nn.Linear(4, 2)


def network(value: float = 1.0) -> tuple[Network, dict[str, Any]]:
    made = Network()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.fill_(value)
    return made, dict(made.state_dict())


def shapes() -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in Network().state_dict().items()}


def prefixed(prefix: str, state: dict[str, Any]) -> dict[str, Any]:
    return {prefix + name: value for name, value in state.items()}


def saved(content: Any, folder: Path) -> Path:
    torch.save(content, folder / "w.pth")
    return folder / "w.pth"


def loaded(path: Path) -> float:
    """The value that the network's weights have after loading."""
    target, _ = network(0.5)
    load_weights(target, path)
    values = {value for parameter in target.parameters() for value in parameter.detach().flatten().tolist()}
    assert len(values) == 1
    return values.pop()


LIGHTNING: dict[str, Any] = {
    "epoch": 3,
    "pytorch-lightning_version": "2.4.0",
    "hyper_parameters": {"lr": 0.1},
    "callbacks": {"ModelCheckpoint": {"best_model_score": torch.tensor(0.9)}},
    "optimizer_states": [{"state": {0: {"exp_avg": torch.zeros(3, 4)}}, "param_groups": [{"lr": 0.1}]}],
}
WRAPPINGS: dict[str, Wrap] = {
    **{f"prefix {p}": lambda s, p=p: prefixed(p, s) for p in PREFIXES},
    **{f"prefix {a}{b}": lambda s, p=a + b: prefixed(p, s) for a, b in itertools.permutations(PREFIXES, 2)},
    **{f"in {c}": lambda s, c=c: {c: s, "epoch": torch.tensor(3)} for c in CONTAINERS},
    **{f"in {c} in model": lambda s, c=c: {"model": {c: s}} for c in CONTAINERS},
    "beside an optimizer": lambda s: {"net": s, "optimizer": {"state": {0: {"step": torch.tensor(1.0)}}}},
    "lightning": lambda s: LIGHTNING | {"state_dict": prefixed("model.", s) | {"head.weight": HEAD}},
    "lightning, compiled": lambda s: LIGHTNING | {"state_dict": prefixed("net._orig_mod.", s)},
    "compiled in part": lambda s: {k.replace("body.", "body._orig_mod."): v for k, v in s.items()},
    "averaged by torch": lambda s: prefixed("module.", s) | {"n_averaged": torch.tensor(5)},
    "its averages, and itself": lambda s: {
        "params": {k: v + 1 if v.is_floating_point() else v for k, v in s.items()},
        "params_ema": s,
    },
    "averages in names": lambda s: {
        "state_dict": prefixed("ema_model.", s)
        | prefixed("model.", {k: v + 1 if v.is_floating_point() else v for k, v in s.items()})
    },
    "a margin head": lambda s: s | {"head.weight": HEAD, "head.t": torch.zeros(1)},
    "a bare margin": lambda s: {"state_dict": s | {"kernel": HEAD}},
    "a head of many classes": lambda s: s | {"persons.weight": torch.ones(3000, 2), "persons.bias": torch.ones(3000)},
    "a scale of the loss": lambda s: s | {"logit_scale": torch.tensor(64.0)},
    "a head beside the backbone": lambda s: {"backbone": s, "head": {"weight": HEAD}, "epoch": 3},
    "a second name of the same": lambda s: s | {"embedding.tied": s["embedding.weight"]},
    "held twice": lambda s: {"model": s, "best": s},
}


@pytest.mark.parametrize("name", WRAPPINGS)
def test_a_network_is_found_in_every_wrapping(name, tmp_path):
    path = saved(WRAPPINGS[name](network(2.0)[1]), tmp_path)
    assert loaded(path) == 2.0
    assert not read_taken(path, [shapes()]).is_plain
    assert {k: v for k, v in shapes().items() if not k.endswith("tracked")} == read_shapes(path, [shapes()])


def test_the_same_names_are_found_in_safetensors(tmp_path):
    from safetensors.torch import save_file

    save_file(prefixed("model._orig_mod.", network(2.0)[1]) | {"head.weight": HEAD}, tmp_path / "w.safetensors")
    assert loaded(tmp_path / "w.safetensors") == 2.0


def test_what_was_taken_is_said(tmp_path):
    state = prefixed("_orig_mod.", network()[1])
    other = {name: torch.ones_like(value) for name, value in state.items()}
    path = saved({"params": other, "params_ema": state | {"head.weight": HEAD}, "x": {"y": HEAD}}, tmp_path)
    taken = read_taken(path, [shapes()])
    assert taken.describe() == (
        "took `params_ema` of 3 state dicts in the file; prefix `_orig_mod.` removed; left out: head.weight [7, 2]"
    )
    assert taken.as_dict() == {
        "place": ["params_ema"],
        "prefix": "_orig_mod.",
        "averaged": True,
        "left_out": ["head.weight [7, 2]"],
        "other_state_dicts": 2,
    }
    assert read_taken(saved(network()[1], tmp_path), [shapes()]).is_plain


@pytest.mark.parametrize(
    ("wrap", "named"),
    [
        (lambda a, b: {"student": a, "teacher": b}, "`student`; `teacher`"),
        (lambda a, b: prefixed("student.", a) | prefixed("teacher.", b), "prefix `student.`; prefix `teacher.`"),
        (lambda a, b: {"ema_fast": a, "ema_slow": b, "model": a}, "`ema_fast`; `ema_slow`"),
    ],
)
def test_weights_between_which_nothing_tells_are_refused_and_listed(wrap, named, tmp_path):
    path = saved(wrap(network(2.0)[1], network(3.0)[1]), tmp_path)
    with pytest.raises(CheckpointError, match="2 sets of weights in the file fit") as caught:
        loaded(path)
    assert named in caught.value.what


@pytest.mark.parametrize(
    "extra",
    [
        {"embedding.weight_2": torch.ones(7, 2)},
        {"body.2.weight": torch.ones(4)},
        {"output.weight": torch.ones(2, 2)},
        {"bn.running_mean": torch.ones(2), "bn.weight": torch.ones(2)},
        {"prelu.weight": torch.ones(1)},
        {"attention.weight": torch.ones(3000, 2, 1, 1)},
        {"head.0.weight": torch.ones(7, 2), "head.1.weight": torch.ones(2, 7)},
    ],
)
@pytest.mark.parametrize("prefix", ["", "model."])
def test_layers_that_may_change_what_a_network_computes_are_not_left_out(extra, prefix, tmp_path):
    path = saved({"state_dict": prefixed(prefix, network()[1] | extra)}, tmp_path)
    with pytest.raises(CheckpointError, match=f"{len(extra)} unexpected: {next(iter(extra))}"):
        loaded(path)


def test_of_networks_that_contain_each_other_the_one_without_rest_is_taken(tmp_path):
    small, large = shapes(), shapes() | {"body.2.weight": (4, 4)}
    for wanted in (small, large):
        state = {f"model.{name}": torch.ones(shape) for name, shape in wanted.items()}
        found = read_shapes(saved(state, tmp_path), [small, large])
        check_keys({k: torch.empty(v) for k, v in found.items()}, wanted, "w.pth")


def test_what_is_almost_a_network_is_compared_with_it_where_it_lies(tmp_path):
    state = network()[1]
    del state["embedding.bias"]
    path = saved({"step": HEAD, "model": {"ema": prefixed("module.", state)}}, tmp_path)
    with pytest.raises(CheckpointError, match=r"1 missing: embedding\.bias\n") as caught:
        loaded(path)
    assert str(caught.value.where) == f"{path}: `model.ema`, prefix `module.`"


def test_a_file_compared_with_nothing_gives_its_largest_dictionary(tmp_path):
    state = network(2.0)[1]
    path = saved({"epoch": torch.tensor(1), "optimizer": {"a": HEAD}, "model": prefixed("module.", state)}, tmp_path)
    assert set(read_state_dict(path)) == set(state)


def test_dictionaries_that_hold_each_other_are_looked_at_once(tmp_path):
    nested: dict[str, Any] = {"w": HEAD}
    for _ in range(40):
        nested = {"a": nested, "b": nested}
    with pytest.raises(CheckpointError, match=r"no named tensors|does not fit"):
        loaded(saved(nested, tmp_path))


def test_names_with_control_characters_are_shown_escaped(tmp_path):
    path = saved({"a\x1b[2J": network()[1] | {"head.\x1bweight": HEAD}}, tmp_path)
    assert "\x1b" not in read_taken(path, [shapes()]).describe() + str(read_taken(path, [shapes()]).as_dict())
