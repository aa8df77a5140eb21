from __future__ import annotations

import pytest

from edgeface.core.wrapping import display_width, filled, paragraphs, words, wrapped

TEXT = (
    "It changes no more decisions than noise of one grey level: 0.31 % against 0.0026, at ≥ 10 dB (0 of 42), see "
    "`edgeface doctor --install arm`; 人の顔 and é stay whole."
)


@pytest.mark.parametrize("width", range(33, 90, 7))
def test_lines_fit_and_lose_nothing(width):
    lines = wrapped(TEXT, width, "  ")
    assert " ".join(line.strip() for line in lines) == TEXT
    assert [line for line in lines if display_width(line) > width and len(words(line)) > 1] == []
    assert all(line.startswith("  ") for line in lines[1:])


@pytest.mark.parametrize("kept", ["0.31 %", "≥ 10 dB", "(0 of 42)", "`edgeface doctor --install arm`", "95 %", "× 3"])
def test_numbers_stay_beside_their_signs_and_units(kept):
    assert kept in words(f"before {kept} behind")


def test_a_word_is_never_broken():
    path = "/somewhere/" + "long" * 40 + "/model.tflite"
    assert wrapped(f"written: {path} now", 30) == ["written:", path, "now"]


@pytest.mark.parametrize(
    ("text", "width"), [("abc", 3), ("人の顔", 6), ("e\u0301", 1), ("\ufdd0met\ufddf", 3), ("×–≥", 3)]
)
def test_wide_characters_take_two_columns_and_marks_none(text, width):
    assert display_width(text) == width


def test_lines_of_a_text_keep_their_indentation():
    assert paragraphs("a b\n  c d e", 5) == "a b\n  c d\n  e"
    assert filled(["--out x", "--json"], 7) == ["--out x", "--json"]


def test_several_spaces_within_a_line_stay():
    assert wrapped("files      67", 40) == ["files      67"]
    assert wrapped("files      sixty seven", 12) == ["files", "sixty seven"]
