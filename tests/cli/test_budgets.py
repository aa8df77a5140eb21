from __future__ import annotations

import pytest


def test_budgets_are_listed_with_limits_size_and_source(edgeface_cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    ended = edgeface_cli("budgets")
    assert ended.code == 0
    [row] = [line for line in ended.out.splitlines() if line.startswith("lfr-light ")]
    for cell in ("LFR FLOPs ≤ 1 GFLOP", "size in float32 < 20 MB", "embedding width ≤ 512", "112x112", "ICCV 2019"):
        assert cell in row


@pytest.mark.parametrize(("alias", "rate"), [("deepglint-light", "1e-8"), ("iqiyi-large", "1e-4")])
def test_aliases_are_listed_with_what_their_leaderboard_used(edgeface_cli, alias, rate):
    [row] = [line for line in edgeface_cli("budgets").out.splitlines() if line.startswith(alias)]
    assert rate in row


def test_one_budget_is_shown_in_full_by_its_alias(edgeface_cli):
    ended = edgeface_cli("budgets", "deepglint-light")
    assert ended.code == 0
    assert ended.out.startswith("lfr-light: ")
    assert "deepglint-light is an alias of it: ranked by TPR at FPR 1e-8" in ended.out
    assert "LFR FLOPs ≤ 1,000,000,000 FLOP (1 GFLOP)" in ended.out
    assert "(a secondary page)" in ended.said
    assert "https://github.com/deepinsight/insightface" in ended.out
    assert all(len(line) <= 130 for line in ended.out.splitlines())


def test_a_user_s_file_is_shown(edgeface_cli, tmp_path):
    path = tmp_path / "board.toml"
    path.write_text('[limits.peak_activation_bytes]\nat_most = "2 MiB"\n', encoding="utf-8")
    ended = edgeface_cli("budgets", path)
    assert ended.out == (
        "board\njudged at: the model's own size\n\nlimits\n  peak activation memory ≤ 2,097,152 B (2.097 MB)\n"
    )


def test_json_has_every_limit_with_its_unit(edgeface_cli):
    listed = {item["name"]: item for item in edgeface_cli("budgets", "--json").document["budgets"]}
    light = listed["lfr-light"]
    assert light["input"] == [112, 112]
    assert light["limits"][0] | {"why": ""} == {
        "metric": "lfr_flops", "at_most": 10**9, "below": None, "at_least": None, "unit": "FLOP", "why": "",
    }  # fmt: skip
    assert light["sources"][-1]["secondary"] is True
    [one] = edgeface_cli("budgets", "fas-wild", "--json").document["budgets"]
    assert one == listed["fas-wild"]


def test_an_unknown_name_and_a_bad_file_end_with_exit_code_2(edgeface_cli, tmp_path):
    ended = edgeface_cli("budgets", "lfr-lihgt", "--json")
    assert ended.code == 2
    assert "did you mean lfr-light?" in ended.document["error"]["fix"]
    path = tmp_path / "bad.toml"
    path.write_text("[limits.lfr_flops]\nat_most = '1 GMAC'\n", encoding="utf-8")
    ended = edgeface_cli("budgets", path, "--json")
    assert ended.code == 2
    assert ended.document["error"]["where"] == str(path)
    assert "one MAC is two FLOPs" in ended.document["error"]["what"]
