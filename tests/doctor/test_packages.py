from __future__ import annotations

from importlib.metadata import PackageNotFoundError

import numpy as np
import pytest

from edgeface.doctor import packages
from edgeface.doctor.checks import python
from edgeface.doctor.packages import needed_packages, package_check


def test_required_packages_are_those_of_the_metadata_without_extras_and_other_pythons():
    needed = needed_packages()
    assert needed["onnxruntime"] == "1.20"
    assert not needed.keys() & {"scipy", "torch", "pytest", "tomli"}


def test_a_package_s_version_is_found_without_importing_it():
    assert package_check("numpy", "counts", "pip install numpy").found == f"{np.__version__}; counts"


@pytest.mark.parametrize(
    ("name", "at_least", "state"),
    [("numpy", "1.26", "ok"), ("numpy", "999.0", "problem"), ("no-such-one", "", "missing")],
)
def test_a_package_must_be_installed_and_new_enough(name, at_least, state):
    check = package_check(name, "counts", "pip install it", at_least, required=True)
    assert (check.state, check.fix) == (state, None if state == "ok" else "pip install it")
    assert check.required


def test_an_unmet_requirement_is_listed_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(python, "needed_packages", lambda: {"numpy": "1.26", "no-such-one": "2.0"})
    (unmet,) = [check for check in python.look() if check.state == "missing"]
    assert (unmet.name, unmet.fix, unmet.required) == ("no-such-one", "pip install 'no-such-one>=2.0'", True)


def test_a_source_tree_that_is_not_installed_is_a_problem_without_a_crash(monkeypatch):
    def absent(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(packages, "version", absent)
    monkeypatch.setattr(packages, "requires", absent)
    states = {check.name: (check.state, check.fix) for check in python.look()}
    assert states["edgeface"] == ("problem", "pip install -e .")
    assert states["required packages"] == ("problem", "pip install -e .")
