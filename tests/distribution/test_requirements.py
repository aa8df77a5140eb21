"""Ranges, extras and pinned versions fit each other, as far as that can be told without network."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = {name: [Requirement(line) for line in lines] for name, lines in PROJECT["optional-dependencies"].items()}
NEEDED = [Requirement(line) for line in PROJECT["dependencies"]]
PINS = {
    canonicalize_name(pin.name): pin
    for pin in map(Requirement, re.findall(r"^\w.*$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.M))
}


def version(pin):
    (specifier,) = pin.specifier
    return specifier.version


@pytest.mark.parametrize("name", ["", *EXTRAS])
def test_every_pinned_version_is_in_the_range_that_is_asked_for(name):
    for each in EXTRAS.get(name, NEEDED):
        asked_here = each.marker is None or each.marker.evaluate({"python_version": "3.11"})
        if each.name == "edgeface" or not asked_here:
            continue
        pin = PINS.get(canonicalize_name(each.name))
        assert pin is not None, f"{each.name} is not pinned in constraints.txt"
        assert each.specifier.contains(version(pin)), f"{pin} is not {each}"


def test_the_extra_all_names_extras_that_exist():
    (whole,) = EXTRAS["all"]
    assert whole.name == "edgeface"
    assert whole.extras == {"bundle", "eval", "gallery", "ncnn", "torch"}
    assert whole.extras <= EXTRAS.keys()


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12", "3.13"])
def test_no_requirement_has_an_upper_bound_that_could_shut_out_a_python(python):
    for each in [*NEEDED, *EXTRAS["bundle"], *EXTRAS["eval"], *EXTRAS["torch"]]:
        assert {specifier.operator for specifier in each.specifier} <= {">="}, each
    needed = [each.name for each in NEEDED if each.marker is None or each.marker.evaluate({"python_version": python})]
    assert ("tomli" in needed) is (python == "3.10")


def test_no_registry_or_host_is_named():
    assert "urls" not in PROJECT
    assert not re.search(r"--(extra-)?index-url|find-links|://", (ROOT / "constraints.txt").read_text(encoding="utf-8"))
