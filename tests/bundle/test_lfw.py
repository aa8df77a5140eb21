"""The runner and edgeface's pipeline decide alike on 100 pairs of LFW, here and on the emulated board.

Emulation takes seconds an image, so that the board is shown some of the pairs; EDGEFACE_LFW_PAIRS=100 shows it all.
"""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from edgeface import FacePipeline
from edgeface.bundle.archive import open_archive
from edgeface.bundle.face_runner.errors import RunnerError
from edgeface.bundle.face_runner.pipeline import FaceRunner
from edgeface.errors import InputError
from edgeface.images.files import read_image
from edgeface.tasks.recognition.pairs import find_images, read_pairs

pytestmark = pytest.mark.real_data
PAIRS = 100
EMULATED_PAIRS = int(os.environ.get("EDGEFACE_LFW_PAIRS", "2"))
DRIVER = """
import json, sys
from pathlib import Path
sys.dont_write_bytecode = True
folder, images, answers, pairs = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), json.loads(sys.argv[4])
sys.path.insert(0, str(folder))
from face_runner.errors import RunnerError
from face_runner.images import read_image
from face_runner.pipeline import FaceRunner
runner = FaceRunner.open(folder, threads=1)
said = []
for a, b in pairs:
    try:
        found = runner.compare(read_image(images / f"{a}.npy"), read_image(images / f"{b}.npy"))
        said.append([found.same, found.similarity])
    except RunnerError as error:
        said.append([None, error.what])
answers.write_text(json.dumps(said))
"""


@pytest.fixture(scope="module")
def pairs(shared_data):
    """Paths of the images of every tenth pair."""
    listed = read_pairs(shared_data / "lfw" / "pairs_dev.txt")
    chosen = listed.pairs[:: len(listed.pairs) // PAIRS]
    assert len(chosen) == PAIRS
    assert sum(pair.same for pair in chosen) == PAIRS // 2
    found = find_images(listed, shared_data / "lfw" / "images")
    return [(found[pair.first], found[pair.second]) for pair in chosen]


@pytest.fixture(scope="module")
def expected(real, pairs):
    """What edgeface's pipeline decides of each pair: whether one person (None where there is no face), similarity."""
    pipeline = FacePipeline.open(*real[:2])
    said = []
    for pair in pairs:
        try:
            found = pipeline.compare(*(read_image(path) for path in pair))
            said.append((found.same, found.similarity))
        except InputError:
            said.append((None, None))
    assert 30 <= sum(same is True for same, _ in said) <= 70
    assert sum(same is None for same, _ in said) < 5
    return said


def assert_alike(said, expected, tolerance):
    assert [same for same, _ in said] == [same for same, _ in expected]
    shifts = [abs(a - b) for (same, a), (_, b) in zip(said, expected, strict=True) if same is not None]
    assert max(shifts) <= tolerance


def test_decisions_match_the_pipeline_here(real, pairs, expected):
    files, _ = open_archive(real[2], "face.tar.gz")
    runner = FaceRunner(files, threads=1)
    said = []
    for pair in pairs:
        try:
            found = runner.compare(*(read_image(path) for path in pair))
            said.append((found.same, found.similarity))
        except RunnerError:
            said.append((None, None))
    assert_alike(said, expected, 1e-9)


def test_decisions_match_the_pipeline_on_the_emulated_board(real, pairs, expected, emulator, unpack, tmp_path):
    folder = unpack(real[2])
    chosen = list(range(0, PAIRS, PAIRS // EMULATED_PAIRS))[:EMULATED_PAIRS]
    pairs, expected = [pairs[index] for index in chosen], [expected[index] for index in chosen]
    for path in {path for pair in pairs for path in pair}:
        np.save(tmp_path / f"{path.stem}.npy", read_image(path))
    (tmp_path / "driver.py").write_text(DRIVER)
    names = json.dumps([[path.stem for path in pair] for pair in pairs])
    arguments = [str(tmp_path / "driver.py"), str(folder), str(tmp_path), str(tmp_path / "said.json"), names]
    ended = emulator.run("a72", emulator.python("a72"), arguments, timeout_s=60 * EMULATED_PAIRS)
    assert ended.returncode == 0, ended.stderr.decode()
    said = json.loads((tmp_path / "said.json").read_text())
    assert_alike(said, expected, 0.03)  # float islands round otherwise there: up to .0083 was seen
