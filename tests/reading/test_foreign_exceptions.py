"""No exception of another library leaves a public reader, whatever a document holds: values of every other type."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path

import pytest

import edgeface
from edgeface.budgets.budget import FOLDER as BUDGETS
from edgeface.budgets.read_budget import read_budget
from edgeface.compile.recipe import read_recipe
from edgeface.contracts.read import read_contract
from edgeface.core.artifact import CERTIFICATE, MANIFEST, Artifact
from edgeface.devices.profile_files import FOLDER as PROFILES
from edgeface.devices.profile_files import OWN_FOLDER
from edgeface.devices.table import profiles
from edgeface.errors import EdgefaceError
from edgeface.reading.damage import damage_reported
from edgeface.reading.document import parse_json, read_toml
from edgeface.reading.kinds import ANY
from edgeface.report.collect import collect
from edgeface.report.origin import origin
from edgeface.tasks.recognition.comparison import match_threshold
from edgeface.validate.reference import reference_of

ROUNDS = 60
OTHERS = (
    None,
    True,
    -1,
    0,
    10**18,
    1e300,
    -0.5,
    "",
    "x",
    "../../x",
    [],
    {},
    [[]],
    {"a": 1},
    [1, 2, 3],
    [None],
    {"": {}},
)
INPUT = {"name": "in", "height": 64, "width": 64, "color": "bgr", "mean": [1.0, 2.0, 3.0], "scale": [1.0, 1.0, 1.0]}
DETECTOR = {
    "task": "detection",
    "input": INPUT,
    "anchors": {"strides": [8], "sizes": [[16]], "variances": [0.1, 0.2]},
    "outputs": {"boxes": "b", "scores": "s", "landmarks": "l"},
    "score_threshold": 0.5,
}
RECOGNIZER = {"task": "recognition", "input": INPUT, "width": 128, "template": [[1.0, 2.0]] * 5, "flip": True}


def places(value):
    """Every container in a document with each of its keys."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield value, key
        yield from places(item)


def changed(document, draw):
    document = copy.deepcopy(document)
    for _ in range(draw.choice((1, 1, 2))):
        found = list(places(document))
        if found:
            container, key = draw.choice(found)
            if draw.random() < 0.25:
                del container[key]
            else:
                container[key] = draw.choice(OTHERS)
    return document


def toml(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(key))} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return '"none"' if value is None else json.dumps(value) if isinstance(value, str | bool) else repr(value)


def attempt(read, *arguments):
    """Whether a reader takes its arguments; an error must be one of ours, and can be shown."""
    try:
        read(*arguments)
    except EdgefaceError as error:
        return not (str(error) and error.as_dict()["what"])
    return True


@pytest.mark.parametrize(
    ("read", "documents"),
    [
        (read_contract, [DETECTOR, RECOGNIZER]),
        (read_recipe, sorted((Path(__file__).parents[2] / "recipes").glob("*.toml"))),
        (read_budget, sorted(BUDGETS.glob("*.toml"))),
        (lambda _: profiles(), sorted(PROFILES.glob("*.toml"))),
    ],
    ids=["contract", "recipe", "budget", "profile"],
)
def test_documents_in_toml(tmp_path, monkeypatch, read, documents):
    monkeypatch.setenv(OWN_FOLDER, str(tmp_path))
    good = [read_toml(item, ANY) if isinstance(item, Path) else item for item in documents]
    draw, path = random.Random(5), tmp_path / "changed.toml"
    for _ in range(ROUNDS):
        document = changed(draw.choice(good), draw)
        path.write_text("\n".join(f"{json.dumps(key)} = {toml(item)}" for key, item in document.items()))
        attempt(read, path)


@pytest.mark.parametrize("name", [MANIFEST, CERTIFICATE])
def test_documents_of_artifacts(exported, name):
    (folder,) = exported.iterdir()
    draw, path = random.Random(6), folder / name
    good = json.loads(path.read_text())
    for _ in range(ROUNDS):
        path.write_text(json.dumps(changed(good, draw)))
        attempt(collect, exported)
        if attempt(Artifact.open, folder):
            artifact = Artifact.open(folder)
            attempt(artifact.certificate)
            attempt(origin, artifact.manifest)
            attempt(match_threshold, artifact)
            attempt(reference_of, artifact, Path("absent.pth"), None)
            attempt(edgeface.load, folder)


@pytest.mark.parametrize("length", [300, 5000])
def test_a_path_that_the_system_refuses_is_an_error_of_ours(tmp_path, length):
    path = tmp_path / ("n" * length)
    for read in (edgeface.load, edgeface.check, collect, read_contract, read_recipe, read_budget):
        with pytest.raises(EdgefaceError):
            read(path)


@pytest.mark.parametrize(
    ("fail", "says"),
    [
        (lambda: {}["scheme"], "damaged note: it lacks 'scheme'"),
        (lambda: "text" + 1, r"damaged note: .* \(TypeError\)"),
        (lambda: (1).items, r"damaged note: .* \(AttributeError\)"),
        (lambda: float("x"), r"damaged note: .* \(ValueError\)"),
    ],
)
def test_what_a_document_of_another_form_leads_to_is_said_with_its_place(fail, says):
    with pytest.raises(EdgefaceError, match=says) as caught, damage_reported("note", "note.json", "write it again"):
        fail()
    assert (caught.value.where, caught.value.fix) == ("note.json", "write it again")


def test_an_error_that_is_ours_passes_unchanged():
    with pytest.raises(EdgefaceError, match="not JSON"), damage_reported("note", "note.json"):
        parse_json(b"{", "note.json", ANY)
