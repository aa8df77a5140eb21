"""Markdown for pull-request comments and job summaries: the verdict first, then limits, figures and advice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from edgeface.budgets.formats.wording import NOT_JUDGED
from edgeface.budgets.judge import Verdict
from edgeface.budgets.numbers import both
from edgeface.core.visible import visible

if TYPE_CHECKING:
    from edgeface.budgets.check import Check


def write(checks: Sequence[Check]) -> str:
    """The checks as GitHub-flavored Markdown; names and notes are escaped."""
    within = sum(check.within for check in checks)
    judged = any(check.verdicts for check in checks)
    outcome = "no budget given" if not judged else "within budget" if within == len(checks) else "over budget"
    counted = f" ({within} of {len(checks)} models within)" if judged and len(checks) > 1 else ""
    blocks = [f"## edgeface check: {outcome}{counted}"]
    for check in checks:
        blocks += _model(check)
    return "\n\n".join(blocks) + "\n"


def _model(check: Check) -> list[str]:
    blocks = [f"### {code(check.source)}"]
    for verdict in check.verdicts:
        blocks += _verdict(verdict)
    figures = [
        (figure.name, "not applicable" if figure.value is None else both(figure.value, figure.unit), figure.convention)
        for figure in check.figures.values()
    ]
    if figures:
        rows = ((code(name), value, escape(convention)) for name, value, convention in figures)
        blocks += ["**Figures**", _table(("figure", "value", "counted as"), rows, ":-- --: :--")]
    for title, lines in (("Notes", check.notes), ("Advice", check.advice)):
        if lines:
            blocks += [f"**{title}**", "\n".join(f"- {escape(line)}" for line in lines)]
    return blocks


def _verdict(verdict: Verdict) -> list[str]:
    said = f": {NOT_JUDGED}" if verdict.state == "not judged" else ""
    title = f"**{verdict.state}**{said} – {code(verdict.budget.name)} {escape(verdict.budget.title)}".rstrip()
    rows = [
        (result.title, result.limit_text, escape(result.value_text), result.headroom_text, f"**{result.state}**")
        for result in verdict.results
    ]
    header = ("metric", "limit", "measured", "headroom", "")
    blocks = [title, _table(header, rows, ":-- --: --: --: :--")]
    if verdict.budget.notes:
        about = "\n".join(f"- {escape(note)}" for note in verdict.budget.notes)
        blocks.append(f"<details><summary>About {verdict.budget.name}</summary>\n\n{about}\n\n</details>")
    return blocks


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], align: str) -> str:
    lines = [header, align.split(" "), *rows]
    escaped = ([cell.replace("|", "\\|") for cell in cells] for cells in lines)  # also needed inside code spans
    return "\n".join(f"| {' | '.join(cells)} |" for cells in escaped)


def code(text: str) -> str:
    """Text as a code span, fenced by more backticks than it contains."""
    text = visible(text)
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    space = " " if text[:1] in ("`", " ") or text[-1:] in ("`", " ") else ""
    return f"{fence}{space}{text}{space}{fence}"


def escape(text: str) -> str:
    """Text without markup, mentions or references; line breaks become spaces. Tables escape their pipes themselves."""
    text = visible(" ".join(text.split()))
    text = re.sub(r"([\\`*_\[\]~$])", r"\\\1", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([@#])(?=\w)", "\\1\u200b", text)
