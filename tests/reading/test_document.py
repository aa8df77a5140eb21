import json

import pytest

from edgeface.errors import InputError
from edgeface.reading.document import MAX_DEPTH, parse_json, read_json, read_toml
from edgeface.reading.regular_file import Kind

KIND = Kind("note", 4 << 20)


def deep(depth, start="[", end="]"):
    return start * depth + end * depth


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (deep(MAX_DEPTH + 1), "nested too deeply"),
        (deep(100_000), "nested too deeply"),
        (deep(MAX_DEPTH + 1, '{"a":', "}").replace(":}", ":1}"), "nested too deeply"),
        ('{"a": NaN}', "a: nan is not a finite number"),
        ('{"a": {"b": [-Infinity]}}', r"a\.b: -inf is not a finite number"),
        ('{"a": 1e999}', "a: inf is not a finite number"),
        (f'{{"a": {10**400}}}', "a: an integer has over 64 bits"),
        (f'{{"a": {2**63}}}', "over 64 bits"),
        ('{"a": ' + "9" * 5000 + "}", "not JSON"),
        (r'{"a": "\ud800"}', "a: a text contains half of a character"),
        (r'{"\udfff": 1}', "half of a character"),
        (r'{"a": "b\u0000"}', "a text contains NUL"),
        ("[" + "[]," * 100_001 + "[]]", "more values than any"),
        ("[" + "1," * 1_000_001 + "1]", "more values than any"),
        ("{", "not JSON"),
        ("", "not JSON"),
    ],
)
def test_json_that_would_fail_later_is_refused_at_the_door(tmp_path, text, says):
    path = tmp_path / "note.json"
    path.write_text(text)
    with pytest.raises(InputError, match=says) as caught:
        read_json(path, KIND)
    assert caught.value.what.startswith("cannot read the note: ")
    assert caught.value.where == str(path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a = nan", "a: nan is not a finite number"),
        ("a = { b = [1.0, -inf] }", r"a\.b: -inf is not a finite number"),
        (f"a = {10**300}", "an integer has over 64 bits"),
        ("a = " + "9" * 4000, "an integer has over 64 bits|not TOML"),
        ("a = " + "[\n" * 20_000, "not TOML"),
        (".".join("a" * (MAX_DEPTH + 1)) + " = 1", "nested too deeply"),
        (".".join("a" * 4000) + " = 1", "a line has over"),
        ("a = 2026-01-01", "a: a date is not a value"),
        ('a = "\\u0000"', "NUL"),
        ("a = \xff", "not UTF-8"),
        ("a = ", "not TOML"),
    ],
)
def test_toml_that_would_fail_later_is_refused_at_the_door(tmp_path, text, says):
    path = tmp_path / "note.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=says):
        read_toml(path, KIND)


def test_ordinary_documents_are_read_as_they_are(tmp_path):
    document = {"a": [1, -2.5, True, None, "ä", {"b": []}], "c": 2**63 - 1, "d": -(2**63), "": ""}
    assert parse_json(json.dumps(document).encode(), "x", KIND) == document
    assert parse_json(b"\xef\xbb\xbf" + json.dumps(document).encode(), "x", KIND) == document
    assert parse_json(deep(MAX_DEPTH).encode(), "x", KIND) == json.loads(deep(MAX_DEPTH))
    (tmp_path / "a.toml").write_text('title = "ä"\n[a.b]\nc = [1, 2.5, true]\n')
    assert read_toml(tmp_path / "a.toml", KIND) == {"title": "ä", "a": {"b": {"c": [1, 2.5, True]}}}
