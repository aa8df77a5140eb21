"""`edgeface recipe`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgeface.cli import main


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["-q", "recipe", *arguments])
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def test_what_it_prints_is_a_recipe_that_says_the_same(tmp_path, capsys):
    code, text, _ = run(capsys)
    assert code == 0
    kept = tmp_path / "mine.toml"
    kept.write_text(text)
    first, again = (json.loads(run(capsys, name, "--json")[1]) for name in ("retinaface_mnet025", str(kept)))
    assert first["sha256"] == again["sha256"]
    assert first["sha256"] in text
    assert (first["name"], again["name"]) == ("retinaface_mnet025", "mine.toml")
    instead = json.loads(run(capsys, "--recipe", str(kept), "--json")[1])
    assert instead == {**again, "model": "retinaface_mnet025"}


def test_a_family_without_a_recipe_of_its_own_shows_its_task_s(capsys):
    document = json.loads(run(capsys, "ir_face", "--json")[1])
    assert (document["model"], document["name"]) == ("ir_face", "recognition")


def test_one_target_shows_its_gate_with_all_that_applies(capsys):
    gates = [
        json.loads(run(capsys, "--target", "tflite-int8", *more, "--json")[1])["recipe"]["gates"]
        for more in ((), ("--integer-only",), ("--max-drop", "matched=0.5%"))
    ]
    plain, integer, own = (gate["tflite-int8"] for gate in gates)
    assert {"noise_factor", "max_transposes"} <= set(plain)  # of two patterns
    assert (plain["noise_factor"], integer["noise_factor"]) == (0.9, 2.0)
    assert own["matched_percent"] == 99.5


@pytest.mark.parametrize(
    ("arguments", "said", "fix"),
    [
        (("retinaface",), "unknown model 'retinaface'", "did you mean retinaface_"),
        (("mobilefacenet", "--target", "tflite-int9"), "tflite-int9", "did you mean tflite-int8?"),
        (("wrong.toml",), "percentile, parameter 'percentil' is not known", "did you mean percentile?"),
        (("none.toml",), "none.toml", ""),
    ],
)
def test_what_it_cannot_show_is_refused(tmp_path, capsys, monkeypatch, arguments, said, fix):
    monkeypatch.chdir(tmp_path)
    Path("wrong.toml").write_text('model = "m"\n[quantize.ranges]\npercentil = 99\n')
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert fix in err
