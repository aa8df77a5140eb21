import pytest
from markupsafe import Markup

from edgeface.report.render import _environment, prose


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("<b>x</b>&", "&lt;b&gt;x&lt;/b&gt;&amp;"),
        ("gpj.\u202etxt", r"gpj.\u202etxt"),
        ("\x1b[31m", r"\x1b[31m"),
        (b"caf\xe9".decode("utf-8", "surrogateescape"), r"caf\xe9"),
        (Markup("<i>ours</i>"), "<i>ours</i>"),
        ("Grüße 顔", "Grüße 顔"),
    ],
)
def test_names_are_text_and_what_they_hide_is_shown(name, shown):
    assert _environment().from_string("{{ name }}").render(name=name) == shown


def test_what_stands_between_backticks_is_code_and_all_is_escaped():
    assert prose("see `edgeface bench <x>`.") == "see <code>edgeface bench &lt;x&gt;</code>."
    assert prose("a ` alone & more") == "a ` alone &amp; more"
    assert "\u202e" not in prose("`\u202etxt`")
