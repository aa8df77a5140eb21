"""Certificates as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeface.cli.paragraph import judged, paragraph
from edgeface.cli.table import format_described

if TYPE_CHECKING:
    from edgeface.core.certificate import Certificate
    from edgeface.tasks.task import Task


def format_findings(certificate: Certificate, task: Task, name: str = "") -> str:
    """The verdict and tables of a certificate, the same as in the report.

    Args:
        certificate: an artifact's, or a later comparison's.
        task: what the network is for.
        name: stands in front of the verdict.
    """
    from edgeface.validate.describe import describe

    described = describe(certificate, task)
    tables = (*((described.requirements,) if described.requirements else ()), *described.tables)
    found = described.verdict
    verdict = judged(name, found.headline, found.state, found.meaning)
    lines = (*found.reasons, *(figure.words for figure in described.figures))
    rests_on = ["\n".join(paragraph(line, "  ", "    ") for line in lines)] if lines else []
    return "\n\n".join((verdict, *rests_on, *map(format_described, tables), *map(paragraph, described.notes)))
