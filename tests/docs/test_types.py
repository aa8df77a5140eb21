"""edgeface passes mypy --strict; what README and docs/ show of Python, that and pyright, as a reader's own file would.

pyright comes as basedpyright, whose wheel holds it together with Node: nothing is downloaded when it runs.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pages import PAGES, ROOT, RUN_BY, name_of, scripts_of

SCRIPTS = {
    name_of(page): script.text
    for page in PAGES
    if name_of(page) not in RUN_BY
    for script in scripts_of(page)
    if script.language == "python"
}
STARTS = ("import cv2", "import edgeface", "import numpy as np", "from pathlib import Path")
WRONG = {
    "load does not know the kind": "edgeface.load('out').detect(cv2.imread('a.jpg'))",
    "a path is no image": "edgeface.load_detector('out').detect('a.jpg')",
    "an unknown order of channels": "edgeface.load_detector('out').detect(cv2.imread('a.jpg'), color='gray')",
    "an unknown option": "edgeface.export('my.pth', targets='tflite-int8')",
    "a size of one number": "edgeface.export('my.pth', input_size=112)",
    "a list is no face": "edgeface.load_recognizer('out').embed_photo([cv2.imread('a.jpg')], [])",
}
RIGHT = {
    "what OpenCV gives": "edgeface.load_detector('out').detect(cv2.resize(np.zeros((9, 9, 3), np.uint8), (5, 5)))",
    "paths": "edgeface.load_detector(Path('out')); edgeface.FacePipeline.open(Path('a'), edgeface.Artifact.open('b'))",
    "a batch": "edgeface.load_detector('out').detect_batch([cv2.imread(name) for name in ('a', 'b')])",
    "faces as an array": "edgeface.load_recognizer('out').embed_batch(np.zeros((2, 112, 112, 3), np.uint8))",
    "lists of targets": "edgeface.export(Path('my.pth'), target=['onnx-fp32'], statistics=[Path('a'), 'b'])",
    "a request": "edgeface.export(edgeface.ExportRequest())",
    "the result": "edgeface.load(edgeface.export('my.pth')[0])",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Each script, and each line, as a file."""
    made = tmp_path_factory.mktemp("typed")
    for number, text in enumerate(SCRIPTS.values()):
        (made / f"page_{number}.py").write_text(text)
    for kind, lines in (("wrong", WRONG), ("right", RIGHT)):
        for number, line in enumerate(lines.values()):
            (made / f"{kind}_{number}.py").write_text("\n".join((*STARTS, line, "_ = (cv2, np, Path)", "")))
    return made


def names() -> dict[str, str]:
    """What each file is, by its name."""
    pages = {f"page_{number}.py": page for number, page in enumerate(SCRIPTS)}
    wrong = {f"wrong_{number}.py": name for number, name in enumerate(WRONG)}
    return pages | wrong | {f"right_{number}.py": name for number, name in enumerate(RIGHT)}


def check(found: dict[str, list[str]]) -> None:
    """Only what is wrong is found wrong, and all of it."""
    named = {what: found[file] for file, what in names().items() if file in found}
    assert {what: said for what, said in named.items() if what not in WRONG} == {}
    assert sorted(named) == sorted(WRONG)


def test_pages_with_python_are_found():
    assert {"README.md", "api/README.md", "api/inference.md", "api/export.md"} <= set(SCRIPTS)


@pytest.mark.slow
def test_mypy_accepts_edgeface_and_what_is_shown(folder):
    """In one run, on the cache of `make lint`; `make test` leaves edgeface's types to it, beside other tests."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--hide-error-context"]
    files = [str(ROOT / "edgeface"), *map(str, sorted(folder.glob("*.py")))]
    ran = subprocess.run(
        [*command, "--config-file", str(ROOT / "pyproject.toml"), *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1, ran.stderr
    found: dict[str, list[str]] = {}
    for line in ran.stdout.splitlines():
        if ": error: " in line:
            found.setdefault(Path(line.partition(":")[0]).name, []).append(line)
    assert set(found) <= set(names()), ran.stdout
    check(found)


PARTLY_TYPED = {"openvino.md": "OpenVINO's own types are partly unknown"}


@pytest.mark.slow
def test_pyright_accepts_what_is_shown(folder):
    """In its strict mode, with edgeface as pip installs it."""
    settings = {"typeCheckingMode": "strict", "extraPaths": [str(ROOT)], "reportMissingTypeStubs": False}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    ran = subprocess.run(
        [sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, list[str]] = {}
    for said in json.loads(ran.stdout)["generalDiagnostics"]:
        page, of_theirs = names().get(Path(said["file"]).name), str(said.get("rule", "")).startswith("reportUnknown")
        if said["severity"] == "error" and not (of_theirs and page in PARTLY_TYPED):
            found.setdefault(Path(said["file"]).name, []).append(said["message"])
    check(found)
