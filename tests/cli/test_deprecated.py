from __future__ import annotations

from edgeface.cli.deprecated import modern


def test_old_options_become_todays_and_are_named_once():
    arguments, notes = modern(["export", "--colour", "rgb", "--recogniser=out/r", "--colour=bgr"])
    assert arguments == ["export", "--color", "rgb", "--recognizer=out/r", "--color=bgr"]
    assert [note.split(" is now spelled ")[0] for note in notes] == ["--colour", "--recogniser"]


def test_todays_options_and_what_stands_behind_two_dashes_stay():
    given = ["detect", "--artifact", "a=b", "--", "--colour"]
    assert modern(given) == (given, [])
