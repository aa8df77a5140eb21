"""Commands that are killed at any moment leave nothing half-written, and the next run works and leaves nothing else."""

from __future__ import annotations

import random
import shutil

import cv2
import pytest
from interrupted import KILL, TERM, Interrupted
from whole_results import bundle_command, eval_command, export_command, old_results, report_command

KILLS = {"short": 2, "long": 60}
BY_CLOCK = 3
"""One kill of so many comes after a time, the others at a change to files."""


@pytest.fixture
def commands(seeded_artifact, faces_artifact, recognizer_artifact, portrait, tmp_path):
    people = tmp_path / "people"
    people.mkdir()
    for person in (1, 2):
        for number in (1, 2):
            assert cv2.imwrite(str(people / f"{person}{number}.png"), portrait(person, 20 * (number - 1)))
    (people / "pairs.csv").write_text("11.png,12.png,1\n21.png,22.png,1\n11.png,22.png,0\n21.png,12.png,0\n")
    networks = [seeded_artifact("tflite-fp32", model).folder for model in ("retinaface_mnet025", "mobilefacenet")]
    return {
        "export": export_command(),
        "bundle": bundle_command(*networks),
        "eval": eval_command(people, faces_artifact, recognizer_artifact),
        "report": report_command(networks[0]),
    }


@pytest.mark.parametrize(
    "length", [pytest.param("short", marks=pytest.mark.hostile), pytest.param("long", marks=pytest.mark.hostile)]
)
def test_a_killed_command_leaves_old_or_new_results_and_the_next_run_works(tmp_path, commands, length):
    draw = random.Random(14)
    place = Interrupted(tmp_path / "out", tmp_path / "temporary")
    place.temporary.mkdir()
    made, changes, seconds = {}, {}, {}
    if length == "short":
        commands = {"export": commands["export"]}
    for name, command in commands.items():
        shutil.rmtree(place.out, ignore_errors=True)
        place.out.mkdir()
        first = place.run(command.arguments(place.out))
        assert first.code == 0, first.err
        assert place.left_over() == []
        made[name], changes[name], seconds[name] = place.out.rename(tmp_path / f"{name}-made"), first.changes, 6.0
    for number in range(KILLS[length]):
        name = list(commands)[number % len(commands)]
        command, way = commands[name], (KILL, TERM)[number // len(commands) % 2]
        there = draw.random() < 0.5
        shutil.rmtree(place.out, ignore_errors=True)
        if there:
            old_results(command, place.out, made[name])
        else:
            place.out.mkdir()
        if number % BY_CLOCK == BY_CLOCK - 1:
            said = place.run_for(command.arguments(place.out), draw.uniform(0, seconds[name]), int(way))
        else:
            said = place.run(command.arguments(place.out), way, draw.randint(1, changes[name]))
        case = f"kill {number}: {name} by {way}, {'old results' if there else 'none'} there: {said}"
        assert said.code in {0, -int(way), 128 + int(way)}, case
        found = command.whole(place.out)
        assert set(found) <= set(command.names), case
        assert not there or tuple(found) == command.names, case
        if way == TERM and said.code == 128 + int(TERM):
            assert "Traceback" not in said.err, case
        again = place.run(command.arguments(place.out))
        assert again.code == 0, (case, again.err)
        assert tuple(command.whole(place.out)) == command.names, case
        assert place.left_over() == [], case
