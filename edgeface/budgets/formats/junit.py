"""JUnit XML: one suite per model, one case per limit.

The subset that readers share (Jenkins, GitLab, GitHub actions): testsuites/testsuite/testcase with name and classname,
failure with a message, skipped. Times are omitted: nothing was run. Case names contain no measured figures, so that
readers can follow a limit from run to run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from edgeface.budgets.formats.wording import NOT_JUDGED, sentence
from edgeface.budgets.judge import Result, Verdict
from edgeface.budgets.numbers import exact
from edgeface.core.visible import visible

if TYPE_CHECKING:
    from edgeface.budgets.check import Check


def write(checks: Sequence[Check]) -> str:
    """The checks as one JUnit document, in ASCII (other characters as references)."""
    root = ElementTree.Element("testsuites", name="edgeface check")
    for check in checks:
        suite = ElementTree.SubElement(root, "testsuite", name=visible(check.source))
        _add_figures(suite, check)
        for verdict in check.verdicts:
            _add_cases(suite, check, verdict)
        said = dict.fromkeys(visible(line) for verdict in check.verdicts for line in verdict.cautions)
        if said:
            ElementTree.SubElement(suite, "system-out").text = "\n".join(f"caution: {line}" for line in said)
        _count(suite)
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.attrib[key]) for suite in root)))
    ElementTree.indent(root)
    body = ElementTree.tostring(root, encoding="us-ascii", xml_declaration=False).decode("ascii")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _add_figures(suite: ElementTree.Element, check: Check) -> None:
    properties = ElementTree.SubElement(suite, "properties")
    for figure in check.figures.values():
        value = "not applicable" if figure.value is None else f"{exact(figure.value)} {figure.unit}".rstrip()
        ElementTree.SubElement(properties, "property", name=figure.name, value=value)


def _add_cases(suite: ElementTree.Element, check: Check, verdict: Verdict) -> None:
    # Jenkins uses the part after the last dot as the class, so dots of the file name are replaced.
    classname = f"{verdict.budget.name.replace('.', '_')}.{visible(check.source).replace('.', '_')}"
    for result in verdict.results:
        case = ElementTree.SubElement(suite, "testcase", name=_name(result), classname=classname)
        said = sentence(result)
        if result.within is None:
            ElementTree.SubElement(case, "skipped", message=visible(said))
        elif not result.within:
            failure = ElementTree.SubElement(case, "failure", message=visible(said), type="over budget")
            failure.text = "\n".join(visible(line) for line in (said, result.why) if line)
    if verdict.state == "not judged":
        # Only skipped cases would be shown as a success.
        case = ElementTree.SubElement(suite, "testcase", name="the budget applies to the model", classname=classname)
        ElementTree.SubElement(case, "failure", message=NOT_JUDGED, type="not judged").text = NOT_JUDGED


def _name(result: Result) -> str:
    return f"{result.metric} {result.relation} {exact(result.limit)}"


def _count(suite: ElementTree.Element) -> None:
    suite.set("tests", str(len(suite.findall("testcase"))))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", "0")
    suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
