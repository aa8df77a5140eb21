"""What boards should have, and whether the board here has it."""

from __future__ import annotations

import pytest

from edgeface.devices import board_here as here
from edgeface.devices.board_here import board_of
from edgeface.devices.pins import SITES
from edgeface.devices.recommended_runtime import recommended_runtime
from edgeface.devices.table import profiles
from edgeface.doctor.checks import board_runtime as checks

BOARDS = [found for found in profiles().values() if found.bundle is not None]
PINNED = {wheel.name: wheel.version for wheel in SITES["current"]}
SMALL, LARGE = "0xd03", "0xd08"


def cpuinfo(*parts):
    return "".join(
        f"processor\t: {number}\nFeatures\t: fp asimd\nCPU part\t: {part}\n\n" for number, part in enumerate(parts)
    )


@pytest.fixture
def board(monkeypatch, tmp_path):
    """An RK3399 with these packages: what doctor finds on it, by name."""

    def look(**packages):
        (tmp_path / "cpuinfo").write_text(cpuinfo(*[SMALL] * 4, *[LARGE] * 2))
        monkeypatch.setattr(here, "CPUINFO", tmp_path / "cpuinfo")
        monkeypatch.setattr("platform.machine", lambda: "aarch64")
        found = {name.replace("_", "-"): version for name, version in packages.items()}
        for module in ("doctor.packages", "doctor.checks.board_runtime"):
            monkeypatch.setattr(f"edgeface.{module}.installed", found.get)
        return {check.name: check for check in checks.look()}

    return look


@pytest.mark.parametrize(
    ("architecture", "parts", "name"),
    [
        ("aarch64", [SMALL] * 4 + [LARGE] * 2, "rk3399"),
        ("aarch64", [LARGE] * 2 + [SMALL] * 4, None),
        ("aarch64", [SMALL] * 4, None),
        ("aarch64", ["odd"] * 6, None),
        ("x86_64", [SMALL] * 4 + [LARGE] * 2, None),
    ],
)
def test_a_board_is_known_by_its_cores_number_by_number(architecture, parts, name):
    found = board_of(architecture, cpuinfo(*parts).splitlines(), BOARDS)
    assert (None if found is None else found.name) == name


def test_elsewhere_it_says_what_boards_should_have_and_what_the_old_runtime_costs():
    found = {check.name: check.found for check in checks.look()}
    assert set(found) == {"runtimes", "tflite-runtime", *(board.name for board in BOARDS)}
    assert found["runtimes"] == (
        f"ai-edge-litert {PINNED['ai-edge-litert']} (Python 3.10 or newer); for other artifacts ncnn {PINNED['ncnn']} "
        f"and onnxruntime {PINNED['onnxruntime']}"
    )
    assert found["tflite-runtime"].startswith(
        "2.14.0 on a board takes 1.3 to 1.7 × as long for networks in int8 and 2.2 to 3.8 × as long for networks in"
    )
    assert found["rk3399"] == "pinned to cores 4 and 5, 2 threads"


def test_a_board_with_the_recommended_runtime_is_fine(board):
    found = board(**{name.replace("-", "_"): version for name, version in PINNED.items()})
    assert {check.state for check in found.values()} == {"ok"}
    assert "pinned to cores 4 and 5, 2 threads" in found["placement"].found
    assert "tflite-runtime" not in found


def test_a_board_with_tflite_runtime_is_told_what_it_loses(board):
    found = board(tflite_runtime="2.14.0")
    assert (found["ai-edge-litert"].state, found["tflite-runtime"].state) == ("missing", "problem")
    assert "1.3 to 1.7 ×" in found["tflite-runtime"].found
    assert found["tflite-runtime"].fix == f"pip install 'ai-edge-litert=={PINNED['ai-edge-litert']}'"
    assert found["ai-edge-litert"].required is False


def test_a_runtime_that_is_not_used_costs_nothing(board):
    assert board(tflite_runtime="2.14.0", ai_edge_litert="9.0")["tflite-runtime"].state == "ok"


def test_an_older_litert_is_a_problem(board):
    assert board(ai_edge_litert="2.1.0")["ai-edge-litert"].state == "problem"


def test_runtimes_that_nothing_is_pinned_for_have_no_advice():
    assert recommended_runtime("tensorrt") is None
    for name in ("ncnn", "onnxruntime"):
        found = recommended_runtime(name)
        assert (found.package, found.version, found.older) == (name, PINNED[name], ())
        assert found.install == f"pip install '{name}=={PINNED[name]}'"


def test_a_profile_that_is_not_usable_is_named(monkeypatch, tmp_path):
    (tmp_path / "mine.toml").write_text('title = "Mine"\nspeed = 3\n')
    monkeypatch.setenv("EDGEFACE_DEVICES", str(tmp_path))
    (check,) = checks.look()
    assert check.state == "problem"
    assert "mine.toml" in check.found
