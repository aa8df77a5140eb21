"""Certificates as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeface.cli.table import format_described

if TYPE_CHECKING:
    from edgeface.core.certificate import Certificate
    from edgeface.tasks.task import Task


def format_findings(certificate: Certificate, task: Task) -> str:
    """The verdict and tables of a certificate, the same as in the report.

    Args:
        certificate: an artifact's, or a later comparison's.
        task: what the network is for.
    """
    from edgeface.validate.describe import describe

    described = describe(certificate, task)
    tables = (*((described.requirements,) if described.requirements else ()), *described.tables)
    verdict = f"{described.verdict.headline}: {described.verdict.meaning}"
    lines = (*described.verdict.reasons, *(figure.words for figure in described.figures))
    rests_on = ["\n".join(f"  {line}" for line in lines)] if lines else []
    return "\n\n".join((verdict, *rests_on, *(format_described(table) for table in tables), *described.notes))
