"""The documentation points at what is there, its contracts are contracts, and its code is the tests' code."""

from __future__ import annotations

import ast
import importlib
import re
import sys
from textwrap import dedent
from typing import get_args

import numpy as np
import pytest
from pages import DOCS, PAGES, ROOT, block_of, blocks_of, broken_links, name_of, without_blocks
from pydantic import TypeAdapter

import edgeface
from edgeface.cli.deprecated import RENAMED
from edgeface.compile.recipe import read_recipe
from edgeface.contracts import Anchors, Contract, DetectionContract, GenericContract, ImageInput, RecognitionContract
from edgeface.core.certificate import Certificate, Evidence, TensorFigures
from edgeface.core.thresholds import Thresholds
from edgeface.quantize import settings
from edgeface.quantize.statistics import STATISTICS
from edgeface.tasks.declared import declared_contract
from edgeface.tasks.detection import decoders
from edgeface.tasks.detection.agreement import FaceAgreement
from edgeface.tasks.detection.decoding import Candidates
from edgeface.tasks.detection.detect import decoding_of
from edgeface.tasks.generic.agreement import NumbersAgreement, OutputAgreement
from edgeface.tasks.recognition.agreement import EmbeddingAgreement
from edgeface.version import __version__

CONTRACTS: TypeAdapter[Contract] = TypeAdapter(Contract)
_PATH = re.compile(r"`((?:edgeface|tests|recipes|reports|docs)/[\w./-]+)`")
SHOWN_BY = {
    "add-a-target.md": tuple(f"backends/toy/{name}.py" for name in ("target", "emit", "runtime", "runner")),
    "add-a-family.md": ("models/test_toy_family.py",),
    "add-an-algorithm.md": ("quantize/algorithms/test_added.py",),
}
"""Tests that build what a page shows."""


BLOCKS = [block for page in PAGES for block in blocks_of(page)]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    assert broken_links(page) == []


def test_a_link_to_nowhere_is_seen(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# One two\n[a](#one-two) [b](#three) [c](page.md#one-two) [d](no.md)\n```text\n[e](no.md)\n```\n")
    assert broken_links(page) == ["#three", "no.md"]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_that_are_named_are_there(page):
    named = _PATH.findall(page.read_text(encoding="utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("folder", [DOCS, DOCS / "api"], ids=lambda folder: folder.name)
def test_every_page_is_in_the_index(folder):
    linked = set(re.findall(r"\]\(([\w-]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8")))
    assert linked == {page.name for page in folder.glob("*.md")} - {"README.md"}


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "python"], ids=str)
def test_python_compiles(block):
    compile(block.text, str(block), "exec")


@pytest.mark.parametrize(
    "block", [block for block in blocks_of(DOCS / "contracts.md") if block.language == "toml"], ids=str
)
def test_contracts_are_contracts(block, tmp_path):
    path = tmp_path / "contract.toml"
    path.write_text(block.text)
    contract = declared_contract(path)
    if isinstance(contract, RecognitionContract):
        assert contract.width == 128
    elif isinstance(contract, DetectionContract):
        expected = decoding_of(contract).decoder.expected(480, 640)
        assert expected.get("boxes", expected.get("boxes_0")) in ((1, 12600, 4), (1, 9600, 4))
    else:
        assert contract.output_names == ("output",)


@pytest.mark.parametrize("path", sorted((DOCS / "contracts").glob("*.toml")), ids=lambda path: path.stem)
def test_contracts_of_public_formats_are_contracts(path):
    contract = declared_contract(path)
    if isinstance(contract, DetectionContract):
        assert contract.decoder == path.stem
        assert set(decoding_of(contract).shapes()) == set(contract.output_names)
    assert CONTRACTS.validate_json(contract.model_dump_json()) == contract


def test_the_recipe_that_is_shown_is_one(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text(block_of("add-a-family.md", "toml", "[gates"))
    assert read_recipe(path).thresholds("tflite-int8", "small").min_cosine == 0.95


def texts_of(test: str) -> list[str]:
    """A file of tests, and every text in it without its indent."""
    source = (ROOT / "tests" / test).read_text(encoding="utf-8")
    nodes = ast.walk(ast.parse(source))
    return [source, *(dedent(n.value) for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str))]


def statements(text: str) -> list[str]:
    """The top-level statements of Python, however they are formatted; none of what is not Python."""
    try:
        return [ast.dump(statement) for statement in ast.parse(text).body]
    except SyntaxError:
        return []


@pytest.mark.parametrize("page", SHOWN_BY)
def test_the_code_that_is_shown_is_what_tests_build(page):
    shown = [block.text for block in blocks_of(DOCS / page) if block.language == "python"]
    built = {statement for test in SHOWN_BY[page] for text in texts_of(test) for statement in statements(text)}
    assert shown
    for text in shown:
        assert set(statements(text)) <= built, text.splitlines()[0]


def test_the_device_that_is_shown_is_the_one_that_a_test_adds():
    shown = block_of("add-a-device.md", "toml", "[core]")
    assert shown.strip() in [text.strip() for text in texts_of("devices/test_add_a_device.py")]


@pytest.fixture
def shown_decoder(tmp_path, monkeypatch):
    """The decoder that a page shows, among edgeface's own, and its contract."""
    (tmp_path / "blobs.py").write_text(block_of("add-a-decoder.md", "python", "DECODER"))
    (tmp_path / "blobs.toml").write_text(block_of("add-a-decoder.md", "toml", "[parameters]"))
    monkeypatch.setattr(decoders, "__path__", [*decoders.__path__, str(tmp_path)])
    importlib.invalidate_caches()
    decoding_of.cache_clear()
    yield declared_contract(tmp_path / "blobs.toml")
    decoding_of.cache_clear()
    sys.modules.pop(f"{decoders.__name__}.blobs", None)
    vars(decoders).pop("blobs", None)


def test_the_decoder_that_is_shown_decodes(shown_decoder):
    heat = np.zeros((1, 64, 1), np.float32)
    heat[0, [10, 20]] = [[0.9], [0.4]]
    outputs = {"warm": heat, "size": np.full((1, 64, 1), 16, np.float32)}
    found = decoding_of(shown_decoder).candidates(outputs, 0.5)
    assert isinstance(found, Candidates)
    np.testing.assert_allclose(found.boxes, [[12, 4, 28, 20]])
    np.testing.assert_allclose(found.landmarks[0, 2], [20, 12 + 0.1 * 16], rtol=1e-6)
    assert len(decoding_of(shown_decoder).candidates(outputs, 0.3).scores) == 2


def test_every_renamed_option_and_key_is_in_the_glossary():
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    for old, new in {**RENAMED, **settings.RENAMED}.items():
        assert f"`{old}`" in text
        assert new in text


def test_the_version_has_a_dated_entry_in_the_changelog():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## \[{re.escape(__version__)}\] – \d{{4}}-\d\d-\d\d$", changelog, re.MULTILINE)


FIELDS = (
    ("api/README.md", sorted(set(edgeface.__all__) - {"__version__"})),
    ("certificate.md", list(Certificate.model_fields)),
    ("certificate.md", list(Thresholds.model_fields)),
    ("certificate.md", [*TensorFigures.model_fields, *get_args(Evidence)]),
    ("certificate.md", [*FaceAgreement().as_dict(), *EmbeddingAgreement().as_dict()]),
    ("contracts.md", [*ImageInput.model_fields, *Anchors.model_fields, *RecognitionContract.model_fields]),
    ("contracts.md", [*DetectionContract.model_fields, *GenericContract.model_fields]),
    ("certificate.md", [*NumbersAgreement().as_dict(), *OutputAgreement().as_dict()]),
    ("add-an-algorithm.md", list(STATISTICS)),
)


@pytest.mark.parametrize(("page", "names"), FIELDS, ids=[f"{page}-{names[0]}" for page, names in FIELDS])
def test_every_key_is_explained(page, names):
    text = without_blocks(DOCS / page)
    assert [name for name in names if not re.search(rf"[`\[\"]{name}\b", text)] == []


def test_every_verdict_is_explained():
    source = (ROOT / "edgeface/validate/verdict.py").read_text(encoding="utf-8")
    headlines = re.findall(r'Verdict\(\s*"\w+",\s*"([^"]+)"', source)
    assert len(headlines) == 5
    text = (DOCS / "certificate.md").read_text(encoding="utf-8")
    assert [headline for headline in headlines if f"| {headline} |" not in text] == []
