"""What completion knows by heart is what there is."""

from __future__ import annotations

import typer

from edgeface.backends import targets
from edgeface.backends.target import IO_TYPES
from edgeface.budgets.budget import budgets
from edgeface.budgets.formats import FORMATS
from edgeface.bundle.boards import boards
from edgeface.cli.app import app
from edgeface.cli.completion import known
from edgeface.devices.table import emulated, profiles
from edgeface.models import families
from edgeface.prediction.answer import EACH
from edgeface.prediction.ratio_table import ratio_tables
from edgeface.prediction.runtimes import RUNTIMES

COMMANDS = typer.main.get_command(app).commands


def test_all_targets_are_completed():
    assert tuple(targets()) == known.targets()


def test_all_models_are_completed():
    assert known.models() == tuple(families())


def test_all_budgets_are_completed_with_their_aliases():
    found = budgets()
    assert set(known.budgets()) == {*found, *(alias for budget in found.values() for alias in budget.aliases)}


def test_all_boards_are_completed():
    assert known.boards() == tuple(boards())
    assert "rk3399" in known.boards()


def test_an_export_is_for_this_processor_a_class_or_a_board():
    assert known.exported_for() == ("here", *ratio_tables(), *boards())
    assert known.OF_COMMANDS["export", "--device"] is known.exported_for


def test_all_devices_are_completed():
    assert known.devices() == ("x86", "gpu", *emulated(), "ssh:", "adb")
    assert "a72" in known.devices()


def test_cores_and_runtimes_of_predictions_are_completed():
    assert known.OF_OPTIONS["--runtime"](()) == tuple(each.name for each in RUNTIMES)
    assert known.cores() == (*sorted({fit.core for board in profiles().values() for fit in board.latency}), EACH)


def test_an_unreadable_profile_does_not_hide_others(monkeypatch, tmp_path):
    (tmp_path / "broken.toml").write_text("[emulator")
    monkeypatch.setenv("EDGEFACE_DEVICES", str(tmp_path))
    assert "a72" in known.devices()
    assert "broken" not in known.devices()


def test_all_formats_and_types_are_completed():
    assert known.OF_OPTIONS["--format"](()) == ("text", *FORMATS)
    assert known.OF_OPTIONS["--io"](()) == IO_TYPES


def test_every_option_and_argument_with_known_values_exists():
    options = {name for command in COMMANDS.values() for each in command.params for name in each.opts}
    assert known.OF_OPTIONS.keys() <= options
    assert set(known.LISTS) <= known.OF_OPTIONS.keys()
    for command, option in known.OF_COMMANDS:
        assert option in [name for each in COMMANDS[command].params for name in each.opts]
    for command, argument in known.OF_ARGUMENTS:
        assert argument in [each.name for each in COMMANDS[command].params]


def test_every_kind_of_device_is_in_the_help_of_the_option():
    (on,) = [each for each in COMMANDS["parity"].params if "--on" in each.opts]
    assert all(kind in on.help for kind in ("x86", "gpu", "a72", "ssh:", "adb"))


def test_only_devices_that_bench_measures_on_are_completed_for_it():
    assert known.OF_COMMANDS["bench", "--on"](()) == ("x86", "gpu", "ssh:", "adb")
    for command, option in known.OF_COMMANDS:
        assert option in [name for each in COMMANDS[command].params for name in each.opts]
