"""The quick part of the campaign, and that the campaign sees what it is there to see."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edgeface.errors import InputError
from tests.hostile import campaign
from tests.hostile.case import Case, refused
from tests.hostile.watch import MAX_PEAK_MB, watch

ROOT = Path(__file__).resolve().parents[2]
KINDS = sorted(path.stem for path in (Path(__file__).parent / "kinds").glob("[a-z]*.py"))
FEW, MORE = 120, 360


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    paths = {"PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, "-m", "tests.hostile", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=os.environ | paths, capture_output=True, text=True, check=False)


def failures(*arguments: object) -> list[str]:
    done = run(*arguments, "--jobs", 1, "--json")
    assert done.stdout.startswith("{"), done.stderr
    found: list[str] = json.loads(done.stdout)["failures"]
    assert bool(found) == bool(done.returncode)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_inputs_are_refused_or_answered_rightly(kind):
    assert failures(kind, "--count", FEW) == []


@pytest.mark.slow
def test_more_hostile_inputs_are_refused_or_answered_rightly():
    assert failures("--count", MORE * len(KINDS), "--first", FEW) == []  # all kinds in one process


@pytest.mark.slow
def test_inputs_depend_on_seed_kind_and_index_only():
    print_digests = (
        "import hashlib; from tests.hostile.case import case_of, kinds\n"
        "for kind in kinds():\n"
        "    for index in range(15):\n"
        "        case = case_of(kind, index)\n"
        "        print(kind, index, case.note, [(n, hashlib.sha256(c).hexdigest()) for n, c in case.files.items()])\n"
    )

    def printed(hash_seed: str) -> list[str]:
        environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-W", "ignore", "-c", print_digests]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    first = printed("1")
    assert len(first) == 15 * len(KINDS)
    assert first == printed("2")


def test_one_input_is_made_again_by_its_kind_and_index():
    done = run("recipes", 3)
    assert done.stdout.startswith("recipes 3: ")
    assert "accepted: " in done.stdout or "refused: " in done.stdout


def case(door, wrong=None):
    return Case("", {"file": b"x"}, door, *([] if wrong is None else [wrong]))


def fails_with(error):
    def door(folder):
        raise error

    return door


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (case(lambda folder: (folder / "file").read_bytes()), "accepted"),
        (case(fails_with(InputError("no", where="there"))), "refused"),
        (case(fails_with(ValueError("no"))), "foreign exception"),
        (case(fails_with(RecursionError())), "foreign exception"),
        (case(lambda folder: 3, refused("this")), "wrong verdict"),
        (case(lambda folder, seen=[]: seen.append(1) or len(seen)), "unstable answer"),
        (case(lambda folder: bytes([1]) * (int(MAX_PEAK_MB + 50) << 20) and None), "large"),
    ],
)
def test_an_outcome_is_named(tmp_path, given, state):
    assert watch(given, tmp_path / "case", twice=True).state == state
    assert not (tmp_path / "case").exists()


def ends(number):
    return case(lambda folder: os.kill(os.getpid(), number))


def spins(folder):
    while True:
        pass


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_an_input_that_ends_its_process_is_named_and_the_rest_goes_on(monkeypatch):
    cases = [case(lambda folder: 1), ends(signal.SIGSEGV), ends(signal.SIGABRT), case(spins), case(lambda folder: 2)]
    monkeypatch.setattr(campaign, "case_of", lambda kind, index, seed: cases[index])
    monkeypatch.setattr(campaign, "HANG_CPU_S", 0.2)
    found = dict(campaign.run([("any", index) for index in range(len(cases))], jobs=2))
    states = [(found["any", index].state, found["any", index].said) for index in range(len(cases))]
    assert states == [
        ("accepted", "1"),
        ("signal", "SIGSEGV"),
        ("signal", "SIGABRT"),
        ("hang", "no end within 0.2 s of CPU"),
        ("accepted", "2"),
    ]


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_an_input_that_waits_for_ever_is_ended(monkeypatch):
    monkeypatch.setattr(campaign, "case_of", lambda kind, index, seed: case(lambda folder: signal.pause()))
    monkeypatch.setattr(campaign, "HANG_S", 0.5)
    [(_, outcome)] = campaign.run([("any", 0)], jobs=1)
    assert (outcome.state, outcome.said) == ("hang", "no end within 0.5 s")
