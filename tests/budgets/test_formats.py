from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from edgeface.budgets.budget import Budget, Limit, Verdict, budget, judge
from edgeface.budgets.formats import FORMATS
from edgeface.budgets.formats.markdown import code
from edgeface.version import __version__

VALUES = {"lfr_flops": 933_336_950, "fp32_bytes": 8_036_352, "embedding_width": 256, "parameters": 1_996_288}
NASTY = "a,b:c%\r\n::error::`x`|<b>&\"'\x1b[2J\x00\udcff é.onnx"


@dataclass(frozen=True)
class Figure:
    name: str
    value: int | float | None
    unit: str
    convention: str


@dataclass(frozen=True)
class Checked:
    """What formats read of a check."""

    source: str
    path: Path | None
    figures: dict[str, Figure]
    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()

    @property
    def within(self) -> bool:
        return all(verdict.within for verdict in self.verdicts)


def checked(source: str = "models/y2.onnx", *names: str | Budget, **changed: int | None) -> Checked:
    values = VALUES | changed
    figures = {
        "lfr_flops": Figure("lfr_flops", values["lfr_flops"], "FLOP", "1 MAC = 2 FLOPs"),
        "embedding_width": Figure("embedding_width", values["embedding_width"], "", "of the output"),
        "arithmetic_intensity": Figure("arithmetic_intensity", 12.3456, "FLOP/B", "a | b"),
    }
    chosen = [name if isinstance(name, Budget) else budget(name) for name in names or ("lfr-light",)]
    path = None if source.isalnum() else Path(source)
    return Checked(source, path, figures, tuple(judge(one, values) for one in chosen))


WITHIN = checked()
OVER = checked(lfr_flops=1_022_388_952)
PARTLY = checked("models/det.onnx", embedding_width=None)
NOT_JUDGED = checked("models/det.onnx", "efar-compact", parameters=None)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("checks", [[], [checked(NASTY, lfr_flops=2 * 10**9)], [WITHIN, OVER, PARTLY, NOT_JUDGED]])
def test_every_format_is_deterministic_text_that_can_be_printed(name, checks):
    text = FORMATS[name](checks)
    assert text == FORMATS[name](checks)
    assert text.endswith("\n") or not text
    text.encode("utf-8")
    assert all(char.isprintable() or char in "\n\u200b" for char in text)


def test_no_format_is_imported_before_it_is_used():
    code = "import edgeface.budgets.formats, sys; print([n for n in sys.modules if n.startswith(('pydantic', 'xml'))])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


# JUnit


def junit(*checks: Checked) -> ElementTree.Element:
    return ElementTree.fromstring(FORMATS["junit"](checks))


def test_junit_has_a_suite_for_each_model_and_a_case_for_each_limit():
    root = junit(WITHIN, OVER, PARTLY)
    assert root.tag == "testsuites"
    assert {key: root.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "9", "failures": "1", "errors": "0", "skipped": "1",
    }  # fmt: skip
    assert [suite.get("name") for suite in root] == ["models/y2.onnx", "models/y2.onnx", "models/det.onnx"]
    for suite in root.findall("testsuite"):
        cases = suite.findall("testcase")
        assert suite.get("tests") == str(len(cases)) == "3"
        assert suite.get("failures") == str(len(suite.findall("testcase/failure")))
        assert suite.get("skipped") == str(len(suite.findall("testcase/skipped")))
        assert all(case.get("classname") and case.get("name") and case.get("time") is None for case in cases)
    case = root.find("testsuite/testcase")
    assert case is not None
    assert (case.get("classname"), case.get("name")) == ("lfr-light.models/y2_onnx", "lfr_flops at_most 1,000,000,000")


def test_junit_failures_say_what_was_measured_and_case_names_do_not():
    failure = junit(OVER).find("testsuite/testcase/failure")
    assert failure is not None
    for text in (failure.get("message"), failure.text):
        assert "1,022,388,952 FLOP (1.022 GFLOP)" in text
        assert "≤ 1,000,000,000 FLOP (1 GFLOP)" in text
    names = [[case.get("name") for case in junit(one).iter("testcase")] for one in (WITHIN, OVER)]
    assert names[0] == names[1]


def test_junit_skips_what_is_not_applicable_and_fails_where_nothing_is():
    skipped = junit(PARTLY).find("testsuite/testcase/skipped")
    assert skipped is not None
    assert "the model has no embedding output" in skipped.get("message")
    suite = junit(NOT_JUDGED)[0]
    assert (suite.get("tests"), suite.get("skipped"), suite.get("failures")) == ("2", "1", "1")


def test_junit_accepts_any_file_name():
    suite = junit(checked(NASTY))[0]
    assert suite.get("name") == NASTY.replace("\r", "\\x0d").replace("\n", "\\x0a").replace("\x1b", "\\x1b").replace(
        "\x00", "\\x00"
    ).replace("\udcff", "\\xff")
    assert FORMATS["junit"]([checked(NASTY)]).isascii()


# GitHub


def commands(*checks: Checked) -> list[tuple[str, dict[str, str], str]]:
    """As the runner reads them: kind, properties, message."""
    found = []
    for line in FORMATS["github"](checks).splitlines():
        match = re.fullmatch(r"::(error|notice) ([^:]*)::(.*)", line)
        assert match, line
        properties = dict(part.split("=", 1) for part in match[2].split(","))
        found.append((match[1], {key: unquote(text) for key, text in properties.items()}, unquote(match[3])))
    return found


def test_github_has_an_error_for_each_broken_limit_and_they_come_first():
    kinds = [(kind, properties["title"]) for kind, properties, _ in commands(WITHIN, OVER)]
    assert kinds == [
        ("error", "lfr-light over: LFR FLOPs"),
        ("notice", "lfr-light within"),
        ("notice", "lfr-light other limits"),
    ]
    assert commands(OVER)[0][1]["file"] == "models/y2.onnx"
    assert "1,022,388,952 FLOP" in commands(OVER)[0][2]


def test_github_reports_what_is_not_applicable_and_fails_where_nothing_is():
    [(kind, _, message)] = commands(PARTLY)
    assert kind == "notice"
    assert "embedding width: not applicable: the model has no embedding output" in message.split("\n")[2]
    assert [(kind, p["title"]) for kind, p, _ in commands(NOT_JUDGED)] == [
        ("error", "efar-compact not judged"),
        ("notice", "efar-compact other limits"),
    ]


def test_github_commands_cannot_be_broken_by_a_file_name():
    text = FORMATS["github"]([checked(NASTY, lfr_flops=2 * 10**9)])
    assert len(text.splitlines()) == 2
    assert text.startswith("::error file=a%2Cb%3Ac%25%0D%0A%3A%3Aerror%3A%3A`x`|")
    assert "file=" not in FORMATS["github"]([checked("y2")])


def test_github_takes_paths_below_the_working_directory_from_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert commands(checked(str(tmp_path / "m" / "y2.onnx")))[0][1]["file"] == "m/y2.onnx"
    assert commands(checked("./m/../y2.onnx"))[0][1]["file"] == "y2.onnx"


# SARIF


def sarif(*checks: Checked) -> dict:
    log = json.loads(FORMATS["sarif"](checks))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    [run] = log["runs"]
    return run


def test_sarif_has_what_the_schema_and_code_scanning_require():
    run = sarif(WITHIN, OVER, PARTLY, NOT_JUDGED)
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("edgeface", __version__)
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids)) == 9
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["defaultConfiguration"]["level"] == "error"
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert (result["kind"], result["level"]) == ("fail", "error")
        assert result["message"]["text"]
        [place] = result["locations"]
        assert place["physicalLocation"]["artifactLocation"]["uri"]
        assert place["physicalLocation"]["region"]["startLine"] == 1
    assert [result["ruleId"] for result in run["results"]] == ["budget/lfr_flops", "budget/not_judged"]


def test_sarif_results_are_exceeded_limits_only_and_its_properties_have_all():
    run = sarif(WITHIN, PARTLY)
    assert run["results"] == []
    states = [
        (judged["state"], [limit["within"] for limit in judged["limits"]]) for judged in run["properties"]["judged"]
    ]
    assert states == [("within", [True, True, True]), ("within", [True, True, None])]


@pytest.mark.parametrize(
    ("source", "uri"),
    [
        ("models/y2.onnx", "models/y2.onnx"),
        ("./a b#?.onnx", "a%20b%23%3F.onnx"),
        ("c:d.onnx", "c%3Ad.onnx"),
        ("é\udcff%.onnx", "%C3%A9%FF%25.onnx"),
        ("../up.onnx", "../up.onnx"),
    ],
)
def test_sarif_uris_are_relative_and_percent_encoded(source, uri):
    run = sarif(checked(source, lfr_flops=2 * 10**9))
    artifact = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": uri, "uriBaseId": "%SRCROOT%"}


def test_sarif_uris_below_the_working_directory_are_relative_to_it(tmp_path, monkeypatch):
    def uri(source: object) -> str:
        run = sarif(checked(str(source), lfr_flops=2 * 10**9))
        return run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]

    monkeypatch.chdir(tmp_path)
    assert uri(tmp_path / "m" / "y2.onnx") == "m/y2.onnx"
    assert uri("/elsewhere/y2.onnx") == "file:///elsewhere/y2.onnx"
    assert uri("y2") == "y2"


# Markdown


def test_markdown_starts_with_the_verdict():
    assert FORMATS["markdown"]([WITHIN]).startswith("## edgeface check: within budget\n")
    assert FORMATS["markdown"]([WITHIN, OVER]).startswith("## edgeface check: over budget (1 of 2 models within)\n")
    without = Checked("y2", None, {}, ())
    assert FORMATS["markdown"]([without]).startswith("## edgeface check: no budget given\n")


def test_markdown_has_limits_figures_notes_and_advice():
    check = Checked(OVER.source, OVER.path, OVER.figures, OVER.verdicts, ("a note",), ("an advice",))
    text = FORMATS["markdown"]([check])
    assert (
        "| LFR FLOPs | ≤ 1,000,000,000 FLOP (1 GFLOP) | 1,022,388,952 FLOP (1.022 GFLOP)"
        " | -22,388,952 FLOP (-22.39 MFLOP), -2.24% | **over** |"
    ) in text
    assert "| `lfr_flops` | 1,022,388,952 FLOP (1.022 GFLOP) | 1 MAC = 2 FLOPs |" in text
    assert r"| `arithmetic_intensity` | 12.3456 FLOP/B | a \| b |" in text
    assert "**Notes**\n\n- a note\n\n**Advice**\n\n- an advice\n" in text


def test_markdown_reports_what_is_not_applicable_and_not_judged():
    assert "| not applicable: the model has no embedding output |  | **not applicable** |" in FORMATS["markdown"](
        [PARTLY]
    )
    text = FORMATS["markdown"]([NOT_JUDGED])
    assert text.startswith("## edgeface check: over budget")
    assert "**not judged**: none of its limits" in text


def test_markdown_cannot_be_broken_by_names_and_notes():
    mine = Budget(name="mine", title="<b>@all", notes=("|*#1* [x](y)`",), limits=(Limit(metric="macs", at_most=1),))
    check = Checked("a``b|c`\n# x", None, {}, (judge(mine, {"macs": 1}),))
    text = FORMATS["markdown"]([check])
    assert code("`x") == "`` `x ``"
    assert "### ```a``b|c`\\x0a# x```\n" in text
    assert "`mine` &lt;b&gt;@\u200ball\n" in text
    assert "- |\\*#\u200b1\\* \\[x\\](y)\\`\n" in text


def test_every_row_of_a_markdown_table_has_as_many_cells_as_its_header():
    widths = {}
    for line in FORMATS["markdown"]([WITHIN, OVER, PARTLY, NOT_JUDGED]).splitlines():
        if line.startswith("|"):
            widths.setdefault(len(re.findall(r"(?<!\\)\|", line)), []).append(line)
    assert set(widths) == {4, 6}
