"""Tables of ratios: what they know of a network, and what they do not."""

from __future__ import annotations

import pytest

from edgeface.backends import targets
from edgeface.core.processor import CLASSES, Processor
from edgeface.cost.prices.table import price_table
from edgeface.errors import InputError
from edgeface.prediction.ratio_table import Network, Ratio, RatioTable, ratio_tables, ratios_of, read_ratios
from edgeface.prediction.ratios_known import Asked, known, quicker

MEASURED = Asked("det", "detection", 100)


def network(name="det", task="detection", macs=100, **ratios):
    """Ratios by target with underscores: the value, or (value, low, high)."""
    values = {each: found if isinstance(found, tuple) else (found, found, found) for each, found in ratios.items()}
    made = {each.replace("_", "-"): Ratio(value=v, low=low, high=high) for each, (v, low, high) in values.items()}
    return Network(name=name, title=f"{name} {macs}", task=task, macs=macs, ratios=made)


def table(*networks, basis="measured"):
    given = {"name": "some", "title": "a class", "classes": ("avx2",), "prices": "x86-avx2", "basis": basis}
    return RatioTable(**given, source="made up", date="2026-11-28", networks=networks)


def test_of_a_measured_network_its_own_ratios_are_known():
    found = known(table(network(a=0.5), network("other", a=0.9)), MEASURED)
    assert found.took["a"].ratio == pytest.approx(0.5)
    assert "this network, det 100, measured on a class: table some of 2026-11-28; made up" in found.evidence


@pytest.mark.parametrize("asked", [Asked("new", "detection", 100), Asked("det", "detection", 101)])
def test_of_another_network_the_range_of_those_with_its_task_is_known(asked):
    found = known(table(network(a=0.4), network("two", a=0.9), network("id", "recognition", a=0.1)), asked)
    assert (found.took["a"].low, found.took["a"].high) == (0.4, 0.9)
    assert found.took["a"].ratio == pytest.approx(0.6)
    assert "other networks for detection, det 100 and two 100, not of it" in found.evidence


def test_of_another_task_nothing_is_known_and_that_is_said():
    found = known(table(network(a=0.4)), Asked("det", "generic", 100))
    assert (found.took, found.evidence.partition(" was ")[0]) == ({}, "no network for generic")


def test_imitated_kernels_are_named():
    assert "with instruction sets hidden" in known(table(network(a=0.4), basis="imitated"), MEASURED).evidence


@pytest.mark.parametrize(
    ("own", "other", "found"),
    [
        (1.0, 0.5, True),
        (1.0, 0.97, False),  # alike
        ((1.0, 0.4, 1.2), 0.5, False),  # the ranges overlap
        (0.5, 1.0, False),
    ],
)
def test_a_target_is_called_quicker_only_beyond_what_was_measured(own, other, found):
    said = quicker(table(network(own=own, other=other)), MEASURED, "own")
    assert (said is not None) is found
    if said is not None:
        assert said.target == "other"
        assert "on a class other is predicted to take 0.50 × onnx-fp32's time, own 1.00" in said.sentence


def test_of_a_target_that_was_not_measured_nothing_is_said():
    assert quicker(table(network(a=0.5)), MEASURED, "b") is None


def test_shipped_tables_are_of_known_targets_classes_and_prices():
    tables = ratio_tables()
    assert set(tables) == {"avx2", "vnni"}
    for name, found in tables.items():
        assert set(found.classes) <= {each.name for each in CLASSES}
        assert name in price_table(found.prices).boards
        for each in found.networks:
            assert set(each.ratios) <= set(targets())
            assert each.ratios["onnx-fp32"].value == 1


@pytest.mark.parametrize(("flags", "name"), [("avx2 avx512_vnni", "vnni"), ("avx2", "avx2"), ("avx2 avx_vnni", None)])
def test_a_processor_has_the_table_of_its_class(flags, name):
    found = ratios_of(Processor("x86_64", frozenset(flags.split())))
    assert (None if found is None else found.name) == name


def test_a_table_that_is_not_whole_is_refused_with_its_key(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text('title = "t"\nclasses = ["avx2"]\nbasis = "guessed"\n')
    with pytest.raises(InputError, match="table of ratios") as caught:
        read_ratios(path)
    assert caught.value.where == str(path)
