from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from edgeface.backends import targets
from edgeface.compile.recipe import Recipe, read_recipe, recipe_for
from edgeface.core.progress import show
from edgeface.core.thresholds import Thresholds
from edgeface.errors import InputError
from edgeface.models import families
from edgeface.quantize.plan import Stated
from edgeface.reading.kinds import RECIPE
from edgeface.tasks import tasks

GATES = {
    "t": Thresholds(snr_db=1),
    "v:t": Thresholds(snr_db=2),
    "t:integer-only": Thresholds(snr_db=3),
    "v:t:integer-only": Thresholds(snr_db=4),
}


def written(folder: Path, text: str) -> Path:
    path = folder / "recipe.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("path", sorted((Path(__file__).parents[2] / "recipes").glob("*.toml")), ids=lambda p: p.stem)
def test_shipped_recipes_are_of_a_family_or_a_task_and_gate_every_target_they_mention(path):
    recipe = read_recipe(path)
    assert recipe.model == path.stem
    assert recipe.model in families() or recipe.model in tasks()
    variants = families()[recipe.model].variants() if recipe.model in families() else {}
    named = {part for gate in recipe.gates for part in gate.split(":")} - {"integer-only"}
    patterns = {part for part in named if "*" in part}
    assert named - patterns <= set(targets()) | set(variants)
    assert all(any(fnmatchcase(name, pattern) for name in targets()) for pattern in patterns)
    assert all(recipe.thresholds(name, "any") != Thresholds(evidence=recipe.evidence) for name in targets())
    assert not any(gate.startswith(tuple(f"{variant}:" for variant in variants)) for gate in recipe.gates)


@pytest.mark.parametrize("path", sorted((Path(__file__).parents[2] / "recipes").glob("*.toml")), ids=lambda p: p.stem)
def test_shipped_recipes_have_no_keys_of_earlier_versions(path, capsys):
    show()
    try:
        assert read_recipe(path).quantize.algorithms == ("cross_layer_equalization", "second_moment_rounding")
    finally:
        show(False)
    assert capsys.readouterr().err == ""


def test_the_default_model_has_a_gate_for_every_target():
    recipe = recipe_for("retinaface_mnet025")
    assert all(recipe.thresholds(name, "official") != Thresholds() for name in targets())


def test_a_model_without_a_recipe_gets_the_defaults():
    assert recipe_for("none_such") == Recipe(model="none_such")


@pytest.mark.parametrize(
    ("variant", "integer_only", "snr_db"), [("w", False, 1), ("v", False, 2), ("w", True, 3), ("v", True, 4)]
)
def test_the_most_specific_gate_decides(variant, integer_only, snr_db):
    assert Recipe(model="m", gates=GATES).thresholds("t", variant, integer_only).snr_db == snr_db


def test_patterns_apply_in_order_below_the_exact_key():
    gates = {
        "*-int8": Thresholds(snr_db=1, max_abs=1, noise_factor=1),
        "a-*": Thresholds(max_abs=2, max_transposes=0),
        "*-int8:integer-only": Thresholds(noise_factor=2),
        "a-int8": Thresholds(snr_db=3),
    }
    recipe = Recipe(model="m", gates=gates)
    found = recipe.thresholds("a-int8", "v")
    assert (found.snr_db, found.max_abs, found.noise_factor, found.max_transposes) == (3, 2, 1, 0)
    assert recipe.thresholds("a-int8", "v", integer_only=True).noise_factor == 2
    assert recipe.thresholds("b-int8", "v").required() == gates["*-int8"].required()
    assert recipe.thresholds("b-fp32", "v") == Thresholds()


def test_a_user_s_limits_replace_those_of_every_gate(tmp_path):
    path = written(tmp_path, 'model = "m"\n[max_drop]\nmatched = "0.5%"\n[gates.t]\nmatched_percent = 90\nsnr_db = 4\n')
    found = read_recipe(path).thresholds("t", "v")
    assert (found.matched_percent, found.snr_db) == (99.5, 4)
    with pytest.raises(InputError, match="matched"):
        read_recipe(written(tmp_path, 'model = "m"\n[max_drop]\nmatched = 0.5\n'))


def test_without_its_own_gate_integer_only_gets_the_target_s():
    recipe = Recipe(model="m", gates={"t": GATES["t"]})
    assert recipe.thresholds("t", "v", integer_only=True).snr_db == 1
    assert recipe.thresholds("other", "v") == Thresholds()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('model = "m"\nmodle = "n"', "modle"),
        ('model = "m"\n[quantize]\nround = true', "quantize.round"),
        ('model = "m"\n[input]\nheight = 7\nwidth = 64', "input.height"),
        ('model = "m"\n[gates.t]\nsnr = 3', "gates.t.snr"),
        ('model = "m"\n[quantize]\ncalibration_images = 0', "calibration_images"),
        ("[input]\nheight = 64\nwidth = 64", "model"),
        ("model = ", "cannot read the recipe"),
    ],
)
def test_a_wrong_recipe_names_its_key_and_its_file(tmp_path, text, named):
    path = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read_recipe(path)
    assert named in caught.value.what
    assert caught.value.where == str(path)


@pytest.mark.parametrize(
    ("text", "place", "fix"),
    [
        ('algorithms = ["second_moment_roundin"]', "[quantize] algorithms", "did you mean second_moment_rounding?"),
        ('ranges = { method = "percentile", percentil = 99 }', "[quantize.ranges]", "it takes percentile"),
    ],
)
def test_an_unknown_algorithm_is_refused_by_file_and_key(tmp_path, text, place, fix):
    path = written(tmp_path, f'model = "m"\n[quantize]\n{text}\n')
    with pytest.raises(InputError) as caught:
        read_recipe(path)
    assert caught.value.where == f"{path}, {place}"
    assert fix in caught.value.fix


def test_a_recipe_may_state_dtypes_and_parameters(tmp_path):
    text = """
        model = "m"
        [quantize]
        algorithms = ["second_moment_rounding"]
        [quantize.parameters.second_moment_rounding]
        damping = 0.01
        [quantize.precision]
        "*Head*" = { dtype = "float32", reason = "scores near the threshold" }
    """
    settings = read_recipe(written(tmp_path, text)).quantize
    assert [(chosen.name, chosen.as_dict()) for chosen in settings.chosen] == [
        ("second_moment_rounding", {"damping": 0.01})
    ]
    assert settings.patterns == {"*Head*": Stated("float32", "scores near the threshold")}


def test_a_missing_or_binary_file_is_refused(tmp_path):
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (binary, tmp_path / "absent.toml", tmp_path):
        with pytest.raises(InputError, match="cannot read the recipe"):
            read_recipe(path)


def test_a_huge_file_is_not_read(tmp_path):
    path = tmp_path / "huge.toml"
    with path.open("wb") as stream:
        stream.truncate(RECIPE.max_bytes + 1)
    with pytest.raises(InputError, match="too large"):
        read_recipe(path)
