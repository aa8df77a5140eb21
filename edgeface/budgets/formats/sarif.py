"""SARIF 2.1.0: one rule per metric, one result per exceeded limit.

Only exceeded limits are results: GitHub code scanning also shows results of kind "pass" and "notApplicable" as alerts.
All results are in the run's properties. Each result has a location, without which GitHub rejects the file; models have
no lines, so it is the first line.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import quote, quote_from_bytes

from edgeface.budgets.formats.wording import failures, from_here, sentence
from edgeface.budgets.judge import Verdict
from edgeface.budgets.metrics import TITLES, Metric
from edgeface.core.visible import visible
from edgeface.version import __version__

if TYPE_CHECKING:
    from edgeface.budgets.check import Check

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_NOT_JUDGED = "not_judged"
_RULES: dict[str, str] = {
    **{metric: f"A budget limits the model's {TITLES[metric]}." for metric in get_args(Metric)},
    _NOT_JUDGED: "A budget must have a limit that applies to the model.",
}


def write(checks: Sequence[Check]) -> str:
    """The checks as one SARIF log, in ASCII; paths below the working directory are relative to it."""
    judged = [(check, verdict) for check in checks for verdict in check.verdicts]
    run = {
        "tool": {
            "driver": {
                "name": "edgeface",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(name, text) for name, text in _RULES.items()],
            }
        },
        "results": [result for check, verdict in judged for result in _results(check, verdict)],
        "properties": {
            "judged": [{"model": visible(check.source)} | verdict.document() for check, verdict in judged],
        },
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=True) + "\n"


def _rule(name: str, text: str) -> dict[str, Any]:
    return {
        "id": f"budget/{name}",
        "name": "".join(part.capitalize() for part in name.split("_")),
        "shortDescription": {"text": text},
        "fullDescription": {"text": text},
        "defaultConfiguration": {"level": "error"},
    }


def _results(check: Check, verdict: Verdict) -> list[dict[str, Any]]:
    if verdict.state == "not judged":
        return [_result(check, verdict, _NOT_JUDGED, failures(verdict)[0][1])]
    broken = [result for result in verdict.results if result.within is False]
    return [_result(check, verdict, result.metric, sentence(result)) for result in broken]


def _result(check: Check, verdict: Verdict, rule: str, message: str) -> dict[str, Any]:
    return {
        "ruleId": f"budget/{rule}",
        "ruleIndex": list(_RULES).index(rule),
        "kind": "fail",
        "level": "error",
        "message": {"text": visible(f"{check.source}, {verdict.budget.name}: {message}")},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _artifact(check),
                    "region": {"startLine": 1},
                }
            }
        ],
    }


def _artifact(check: Check) -> dict[str, str]:
    if check.path is None:  # a family's name
        return {"uri": quote(check.source.encode("utf-8", "surrogateescape"), safe="")}
    path = from_here(check.path)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote_from_bytes(os.fsencode(path.as_posix()), safe="/"), "uriBaseId": "%SRCROOT%"}
