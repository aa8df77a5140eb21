from __future__ import annotations

import pytest

from edgeface.backends import device as place
from edgeface.backends.device import GPU, HERE, Place, parse_place
from edgeface.errors import InputError


@pytest.mark.parametrize(("text", "wanted"), [("x86", HERE), ("gpu", GPU)])
def test_a_place_is_read_as_it_is_spelled(text, wanted):
    assert parse_place(text) == wanted
    assert str(wanted) == text


@pytest.mark.parametrize("text", ["", "cuda", "GPU ", ":"])
def test_an_unknown_place_lists_what_is_known(text):
    with pytest.raises(InputError, match="no place to run") as caught:
        parse_place(text)
    assert "x86 (this machine's processor), gpu (" in str(caught.value.fix)


@pytest.mark.parametrize("text", ["gpu:", "gpu:1"])
def test_a_name_where_the_kind_takes_none_is_refused(text):
    with pytest.raises(InputError, match="not how this place is spelled"):
        parse_place(text)


def test_a_kind_may_need_a_name_or_take_one(monkeypatch):
    kinds = {"ssh": ("ssh:HOST", "a board"), "adb": ("adb[:SERIAL]", "a phone")}
    monkeypatch.setattr(place, "KINDS", kinds)
    assert parse_place("ssh:user@host") == Place("ssh", "user@host")
    assert (parse_place("adb"), parse_place("adb:1:2")) == (Place("adb"), Place("adb", "1:2"))
    for text in ("ssh", "ssh:", "adb:"):
        with pytest.raises(InputError, match="spelled"):
            parse_place(text)
