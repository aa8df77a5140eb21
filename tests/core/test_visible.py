import io
import json

import pytest

from edgeface.core.style import TERMINAL, styled
from edgeface.core.visible import visible, visible_json, visible_lines
from edgeface.core.visible_stream import VisibleStream

ESCAPE = "\x1b[31m"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain name.jpg", "plain name.jpg"),
        ("Grüße 顔\u3000写真 👩\u200d👩\u200d👧 می\u200cخواهم", "Grüße 顔\u3000写真 👩\u200d👩\u200d👧 می\u200cخواهم"),
        (f"{ESCAPE}red", r"\x1b[31mred"),
        ("a\nb\r\tc", r"a\x0ab\x0d\x09c"),
        ("\x9b31m\x7f\x00", r"\x9b31m\x7f\x00"),
        ("gpj.\u202egnp", r"gpj.\u202egnp"),
        ("\u2066\u2069\u200e\u061c\u2028\ufeff", r"\u2066\u2069\u200e\u061c\u2028\ufeff"),
        (b"caf\xe9".decode("utf-8", "surrogateescape"), r"caf\xe9"),
        ("\ud800", r"\ud800"),
        ("\U000e0001", r"\U000e0001"),
    ],
)
def test_what_could_deceive_a_terminal_is_shown(text, shown):
    assert visible(text) == shown
    assert visible_lines(f"{text}\n\t{text}") == "\n\t".join([visible_lines(text)] * 2)


def test_our_own_lines_stay_lines():
    assert visible_lines(f"a\n\tb {ESCAPE}\n") == "a\n\tb \\x1b[31m\n"


def test_json_keeps_its_content():
    document = {"a\x9b\u202e": ["\udcff", "\U000e0001", "ä\x7f", ESCAPE, "\n\t"], "b": 1.5}
    text = visible_json(json.dumps(document, ensure_ascii=False, indent=2))
    assert json.loads(text) == document
    assert all(char.isprintable() or char == "\n" for char in text)


def test_a_stream_shows_whatever_is_written_to_it():
    stream = io.StringIO()
    shown = VisibleStream(stream)
    print(f"{ESCAPE}name", "\u202e", file=shown)
    assert shown.write("\x1b") == 1
    assert stream.getvalue() == "\\x1b[31mname \\u202e\n\\x1b"
    assert shown.isatty() is False
    shown.unfiltered.write(ESCAPE)
    assert stream.getvalue().endswith(ESCAPE)


def test_marks_of_styles_are_colors_or_nothing():
    text = f"a {styled(f'{ESCAPE}met', 'good')} b"
    for styles, wanted in ((None, "a \\x1b[31mmet b"), (TERMINAL, "a \x1b[32m\\x1b[31mmet\x1b[0m b")):
        stream = io.StringIO()
        VisibleStream(stream, styles).write(text)
        assert stream.getvalue() == wanted
