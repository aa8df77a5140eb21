from __future__ import annotations

from edgeface.cli.deprecated import modern


def test_old_options_are_renamed_and_named_once():
    arguments, notes = modern(["export", "--colour", "rgb", "--recogniser=out/r", "--colour=bgr"])
    assert arguments == ["export", "--color", "rgb", "--recognizer=out/r", "--color=bgr"]
    assert [note.split(" is deprecated ")[0] for note in notes] == ["--colour", "--recogniser"]


def test_current_options_and_words_after_two_dashes_stay():
    given = ["detect", "--artifact", "a=b", "--", "--colour"]
    assert modern(given) == (given, [])
