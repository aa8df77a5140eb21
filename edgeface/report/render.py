"""Rendering of HTML pages: templates with everything escaped, and an inline style sheet."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from edgeface.core.visible import visible_lines

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


def render(template: str, **values: Any) -> str:
    """A page from `edgeface/report/templates`; the same values give the same text."""
    text = _environment().get_template(template).render(**values)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def prose(text: str) -> Markup:
    """A sentence as HTML: what stands between backticks is code."""
    from markupsafe import Markup, escape

    parts = [escape(visible_lines(part)) for part in text.split("`")]
    if len(parts) % 2 == 0:  # a backtick without its other
        return escape(visible_lines(text))
    return Markup("").join(Markup("<code>%s</code>") % part if odd % 2 else part for odd, part in enumerate(parts))


def _shown(value: Any) -> Any:
    """A value as it is inserted: of text, what could reverse or break the page's lines is made visible."""
    return visible_lines(value) if type(value) is str else value  # Markup is our own


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("edgeface.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = files("edgeface.report").joinpath("templates/style.css").read_text(encoding="utf-8")
    environment.filters["prose"] = prose
    environment.globals["style"] = Markup(style)  # a file of the package
    return environment
