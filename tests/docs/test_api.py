"""Every public name is on a page of docs/api/, with a docstring that explains each parameter and gives an example."""

from __future__ import annotations

import inspect
import re

import pytest
from pages import DOCS

import edgeface

PUBLIC = sorted(set(edgeface.__all__) - {"__version__"})
PAGES = "\n".join(page.read_text(encoding="utf-8") for page in sorted((DOCS / "api").glob("*.md")))
METHODS = [
    (name, method)
    for name in PUBLIC
    if inspect.isclass(getattr(edgeface, name))
    for method, value in vars(getattr(edgeface, name)).items()
    if not method.startswith("_") and (inspect.isfunction(value) or isinstance(value, classmethod))
]
WITH_EXAMPLES = {"Detector", "FacePipeline", "NumberReader", "Recognizer"}
"""Classes whose methods have an example each."""


def parameters(value):
    return [name for name in inspect.signature(value).parameters if name not in {"self", "cls"}]


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_is_on_a_page(name):
    assert re.search(rf"^::: edgeface\.{name}$", PAGES, re.MULTILINE)


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_has_an_example_and_explains_its_parameters(name):
    value = getattr(edgeface, name)
    said = inspect.getdoc(value)
    has_own = name in WITH_EXAMPLES or "Example:" in said
    assert has_own
    attributes = re.findall(r"^    ([\w, *]+):", said, re.MULTILINE)
    named = {word.strip() for line in attributes for word in line.split(",")} | set(re.findall(r"`(\w+)`", said))
    assert [parameter for parameter in parameters(value) if parameter not in named] == []


@pytest.mark.parametrize(("name", "method"), METHODS, ids=lambda value: value)
def test_a_method_explains_its_parameters(name, method):
    value = getattr(getattr(edgeface, name), method)
    said = inspect.getdoc(value)
    assert [each for each in parameters(value) if not re.search(rf"^    {each}:", said, re.MULTILINE)] == []
    assert "Example:" in said or name not in WITH_EXAMPLES or method == "main_face"
