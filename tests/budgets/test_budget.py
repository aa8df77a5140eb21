from __future__ import annotations

import re
from pathlib import Path

import pytest

from edgeface.budgets.budget import FOLDER, Limit, budget, budgets, judge
from edgeface.budgets.numbers import both, exact, human
from edgeface.budgets.quantity import LARGEST, read_quantity
from edgeface.budgets.read_budget import read_budget
from edgeface.errors import InputError
from edgeface.reading.document import MAX_LINE_BYTES
from edgeface.reading.kinds import BUDGET

VALUES = {"lfr_flops": 933_336_950, "fp32_bytes": 8_036_352, "embedding_width": 256}


@pytest.fixture
def written(tmp_path):
    def write(text: str | bytes, name: str = "mine.toml") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def refusal(path: Path) -> InputError:
    with pytest.raises(InputError) as refused:
        read_budget(path)
    assert refused.value.where == str(path)
    assert refused.value.exit_code == 2
    return refused.value


# Shipped budgets


def test_every_built_in_budget_is_named_after_its_file_and_has_sources():
    assert list(budgets()) == sorted(path.stem for path in FOLDER.glob("*.toml"))
    for name, one in budgets().items():
        assert one.name == name
        assert one.title
        assert one.competition
        assert one.sources
        assert all(limit.why for limit in one.limits)
        assert all(source.url.startswith("https://") for source in one.sources)


def test_names_and_aliases_are_unique():
    names = [name for one in budgets().values() for name in (one.name, *one.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("name", "metric", "relations"),
    [
        ("lfr-light", "lfr_flops", {"at_most": 1_000_000_000}),
        ("lfr-light", "fp32_bytes", {"below": 20_000_000}),
        ("lfr-light-as-awarded", "lfr_flops", {"at_most": 1_024_000_000}),
        ("lfr-light-as-awarded", "fp32_bytes", {"below": 20_000_000}),
        ("lfr-large", "lfr_flops", {"at_most": 30_000_000_000}),
        ("lfr-large-as-awarded", "lfr_flops", {"at_most": 30_720_000_000}),
        ("lfr-large", "embedding_width", {"at_most": 512}),
        ("iccv21-mfr", "file_bytes", {"at_most": 1_000_000_000}),
        ("efar-compact", "parameters", {"below": 2_000_000}),
        ("efar-small", "parameters", {"at_least": 2_000_000, "at_most": 5_000_000}),
        ("fas-wild", "macs", {"below": 5_000_000_000}),
    ],
)
def test_shipped_limits_are_exact(name, metric, relations):
    assert {limit.metric: limit.relations for limit in budget(name).limits}[metric] == relations


@pytest.mark.parametrize("track", ["light", "large"])
def test_the_tracks_of_the_challenge_are_aliases_that_say_how_they_were_ranked(track):
    for sponsor, rate in (("deepglint", "1e-8"), ("iqiyi", "1e-4")):
        found = budget(f"{sponsor}-{track}")
        assert found.name == f"lfr-{track}"
        assert rate in found.aliases[f"{sponsor}-{track}"]
        assert found.input == (112, 112)


def test_the_winning_entry_is_over_the_strict_limit_and_within_the_awarded_one():
    won = {"lfr_flops": 1_022_388_952, "fp32_bytes": 19_997_000, "embedding_width": 512}
    assert not judge(budget("lfr-light"), won).within
    assert judge(budget("lfr-light-as-awarded"), won).within


def test_an_unknown_name_is_answered_with_the_nearest_and_the_list():
    with pytest.raises(InputError, match="unknown budget 'lfr-lite'") as refused:
        budget("lfr-lite")
    assert "did you mean lfr-light?" in str(refused.value)
    assert "deepglint-light" in str(refused.value)


# Users' files


def test_a_users_file_needs_nothing_but_limits(written):
    path = written('[limits]\nflops = { at_most = "0.5 GFLOP" }\nparameters = { at_least = 1_000, below = "2 M" }\n')
    for named in (path, str(path)):
        found = budget(named)
        assert found.name == "mine"
        assert found.input is None
        assert found.limits == (
            Limit(metric="flops", at_most=500_000_000),
            Limit(metric="parameters", at_least=1000, below=2_000_000),
        )


def test_a_path_without_suffix_is_a_file_if_it_has_a_slash(written):
    assert budget(str(written("[limits.macs]\nbelow = 1e9\n", "my board"))).name == "my-board"


def test_broken_lines_of_texts_are_joined(written):
    path = written('title = """one\n   two"""\n[limits.macs]\nbelow = 10\n')
    assert read_budget(path).title == "one two"


@pytest.mark.parametrize(
    ("text", "said", "fix"),
    [
        ("[limits.lfr_flop]\nat_most = 1", "unknown budget key 'limits.lfr_flop'", "did you mean lfr_flops?"),
        ("[limits.macs]\nat_mots = 1", "unknown budget key 'limits.macs.at_mots'", "did you mean at_most?"),
        ("titel = 'x'\n[limits.macs]\nat_most = 1", "unknown budget key 'titel'", "did you mean title?"),
        ("title = 'x'", "has no limits", "[limits.lfr_flops]"),
        ("limits = 3", "has no limits", "[limits.lfr_flops]"),
        ("[limits]", "has no limits", "[limits.lfr_flops]"),
        ("[limits.macs]\nwhy = 'x'", "key 'limits.macs': there is no limit", "at_most"),
        ("[limits]\nmacs = 5", "write macs = { at_most = … }", ""),
        ("[limits.macs]\nmetric = 'flops'\nat_most = 5", "leave the key `metric` out", ""),
        ("[limits.macs]\nat_most = -1", "'limits.macs.at_most': -1 is outside 1", ""),
        ("[limits.macs]\nat_most = 0", "outside 1", ""),
        ("[limits.macs]\nat_most = true", "give a whole number", '"500 MMAC"'),
        ("[limits.macs]\nat_most = [1]", "give a whole number", ""),
        ("[limits.macs]\nat_most = nan", "nan is not a finite number", ""),
        ("[limits.macs]\nat_most = inf", "inf is not a finite number", ""),
        ("[limits.macs]\nat_most = 1.5", "not a whole number of MAC", ""),
        ("[limits.macs]\nat_most = 5\nbelow = 6", "at_most and below contradict", ""),
        ("[limits.macs]\nat_least = 5\nbelow = 5", "no value is within", ""),
        ("[limits.macs]\nat_least = 6\nat_most = 5", "no value is within", ""),
        ("[limits.file_bytes]\nbelow = '20 Mb'", "has an unknown unit", "20 MiB"),
        ("[limits.lfr_flops]\nbelow = '1 GMAC'", "one MAC is two FLOPs", ""),
        ("input = [112]\n[limits.macs]\nat_most = 1", "'input", "input"),
        ("input = [112.0, 1]\n[limits.macs]\nat_most = 1", "'input.0' must be a whole number, not 112.0", ""),
        ("name = 'a b'\n[limits.macs]\nat_most = 1", "'name'", "name"),
        ('title = "\\u001b[2J"\n[limits.macs]\nat_most = 1', "control characters", ""),
        ("[[sources]]\ndocument = 'd'\npage = 1\n[limits.macs]\nat_most = 1", "'sources.0.page'", "document"),
        ("[limits.macs]\nat_most = 1\n[limits.macs]\nat_most = 2", "not TOML", ""),
        ("limits", "not TOML", ""),
        ("a = " + "9" * 900 + "\n" + "b = [" * 3, "not TOML", ""),
    ],
)
def test_a_bad_file_is_refused_by_file_and_key(written, text, said, fix):
    refused = str(refusal(written(text))).replace("\\n", "")
    assert said in refused
    assert fix in refused


def test_a_file_that_is_not_text_is_refused(written, tmp_path):
    assert "no such file" in str(refusal(tmp_path / "none.toml"))
    assert "it is a folder" in str(refusal(tmp_path))
    assert "not UTF-8" in str(refusal(written(b"title = '\xff'")))
    assert "too large" in str(refusal(written(b"#\n" * BUDGET.max_bytes)))
    with pytest.raises(InputError, match="cannot read"):
        budget("a\0.toml")


def test_lines_that_would_take_all_memory_are_refused_before_they_are_parsed(written):
    assert "a line has over" in str(refusal(written(".".join("a" * MAX_LINE_BYTES) + " = 1")))
    assert "not TOML" in str(refusal(written("a = " + "[\n" * 20_000)))


# Amounts


@pytest.mark.parametrize(
    ("text", "metric", "amount"),
    [
        ("1 GFLOP", "lfr_flops", 10**9),
        ("1.024 GFLOP", "lfr_flops", 1_024_000_000),
        ("1.024GFLOPs", "flops", 1_024_000_000),
        ("0.1 kFLOP", "flops", 100),
        ("4503599627370.497 kFLOP", "flops", 4_503_599_627_370_497),  # floats would not hold it
        ("5 GMACs", "macs", 5 * 10**9),
        ("20 MB", "fp32_bytes", 20 * 10**6),
        ("20 MiB", "file_bytes", 20 * 2**20),
        ("1.5 KiB", "file_bytes", 1536),
        ("2 M", "parameters", 2 * 10**6),
        ("1_000_000", "parameters", 10**6),
        ("5e6", "parameters", 5 * 10**6),
        ("512", "embedding_width", 512),
        (1e9, "macs", 10**9),
        (LARGEST, "macs", LARGEST),
    ],
)
def test_amounts_are_read_exactly(text, metric, amount):
    assert read_quantity(text, metric) == amount


@pytest.mark.parametrize(
    ("text", "metric", "said"),
    [
        ("20 MB", "lfr_flops", "is in B, and lfr_flops is in FLOP"),
        ("20 MB", "parameters", "is in counts"),
        ("1 GMAC", "flops", "double it, or limit `macs`"),
        ("1 GFLOP", "macs", "halve it"),
        ("1 G", "lfr_flops", "write GFLOP"),
        ("1 GFLOPS", "flops", "FLOPS is a rate"),
        ("1 KB", "file_bytes", "kB for 1000 bytes or KiB for 1024"),
        ("1 gb", "file_bytes", "units are case-sensitive"),
        ("1.0001 kB", "file_bytes", "not a whole number of B"),
        ("-1 B", "file_bytes", "not an amount"),
        ("1,000", "parameters", "not an amount"),
        ("٣ B", "file_bytes", "not an amount"),
        ("", "file_bytes", "not an amount"),
        ("9" * 59, "file_bytes", "outside"),
        ("1" * 5000, "file_bytes", "not an amount"),
        ("1e99 TB", "file_bytes", "outside"),
        (LARGEST + 1, "macs", "whole number up to"),
        (None, "macs", "whole number up to"),
    ],
)
def test_amounts_of_another_unit_or_none_are_refused(text, metric, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        read_quantity(text, metric)


# Judging


def test_headroom_is_given_in_units_and_as_a_share():
    verdict = judge(budget("lfr-light"), VALUES)
    first = verdict.results[0]
    assert verdict.within
    assert (first.headroom, first.state) == (66_663_050, "within")
    assert first.headroom_share == pytest.approx(0.06666305)
    assert first.value_text == "933,336,950 FLOP (933.3 MFLOP)"
    assert first.limit_text == "≤ 1,000,000,000 FLOP (1 GFLOP)"
    assert first.headroom_text == "66,663,050 FLOP (66.66 MFLOP), 6.67%"


@pytest.mark.parametrize(
    ("name", "metric", "value", "within"),
    [
        ("lfr-light", "lfr_flops", 10**9, True),
        ("lfr-light", "lfr_flops", 10**9 + 1, False),
        ("lfr-light", "fp32_bytes", 20 * 10**6 - 1, True),
        ("lfr-light", "fp32_bytes", 20 * 10**6, False),
        ("lfr-light", "embedding_width", 512, True),
        ("lfr-light", "embedding_width", 513, False),
    ],
)
def test_limits_are_exact_to_the_last_unit(name, metric, value, within):
    assert judge(budget(name), VALUES | {metric: value}).within is within


@pytest.mark.parametrize(
    ("value", "within"), [(1_999_999, False), (2_000_000, True), (5_000_000, True), (5_000_001, False)]
)
def test_two_relations_are_two_results(value, within):
    verdict = judge(budget("efar-small"), {"parameters": value})
    assert [result.relation for result in verdict.results] == ["at_least", "at_most"]
    assert verdict.within is within


def test_a_limit_without_a_figure_is_not_applicable_and_never_a_pass():
    verdict = judge(budget("lfr-light"), VALUES | {"embedding_width": None})
    last = verdict.results[-1]
    assert (last.within, last.state, last.headroom, last.headroom_text) == (None, "not applicable", None, "")
    assert last.value_text == "not applicable: the model has no embedding output"
    assert verdict.within  # the others are kept
    assert not judge(budget("lfr-light"), {**VALUES, "embedding_width": None, "lfr_flops": 2 * 10**9}).within


def test_a_budget_of_which_nothing_applies_is_not_kept():
    verdict = judge(budget("efar-compact"), {"parameters": None}, {"parameters": "no weights are in the file"})
    assert (verdict.within, verdict.state) == (False, "not judged")
    assert verdict.results[0].reason == "no weights are in the file"
    assert verdict.document()["limits"][0]["within"] is None


def test_a_missing_figure_is_not_treated_as_not_applicable():
    with pytest.raises(KeyError, match="macs"):
        judge(budget("fas-wild"), {})
    with pytest.raises(ValueError, match="macs is nan"):
        judge(budget("fas-wild"), {"macs": float("nan")})


# Numbers


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (933_336_950, "FLOP", "933.3 MFLOP"),
        (19_830_048, "B", "19.83 MB"),
        (1_000_000_000, "FLOP", "1 GFLOP"),
        (1_000_000_001, "FLOP", "1.000 GFLOP"),
        (999_999_999, "FLOP", "1.000 GFLOP"),
        (999_949, "B", "999.9 kB"),
        (999_950, "B", "1.000 MB"),
        (1_996_288, "", "1.996 M"),
        (512, "", "512"),
        (500, "B", "500 B"),
        (0, "B", "0 B"),
        (-23_336_950, "FLOP", "-23.34 MFLOP"),
        (12.3456, "FLOP/B", "12.35 FLOP/B"),
        (0.012345, "FLOP/B", "0.01234 FLOP/B"),
        (LARGEST, "MAC", "9.223 EMAC"),
    ],
)
def test_short_numbers_have_four_digits_and_say_whether_they_are_rounded(value, unit, text):
    assert human(value, unit) == text


def test_exact_numbers_have_every_digit():
    assert exact(933_336_950) == "933,336,950"
    assert both(933_336_950, "FLOP") == "933,336,950 FLOP (933.3 MFLOP)"
    assert both(512, "") == "512"
