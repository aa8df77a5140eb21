import json
import shlex
import subprocess
from urllib.parse import unquote

import cv2
import pytest

from edgeface.demo import MODELS, TARGET, compose_wall, demonstrate
from edgeface.validate.check_parity import ParityRequest, check_parity
from edgeface.validate.reference import TRACED

pytestmark = pytest.mark.slow

NAMES = ["Eileen Collins"] * 3 + ["Grace Hopper"] * 2


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    return demonstrate(tmp_path_factory.mktemp("out"))


def test_both_models_are_exported_to_int8_and_pass_their_gates(shown):
    assert [artifact.manifest.name for artifact in shown.artifacts] == list(MODELS)
    for artifact in shown.artifacts:
        certificate = artifact.certificate()
        assert certificate.target == TARGET
        assert certificate.passed
        assert certificate.kind == "composed"
        assert len(certificate.requirements) >= 3


def test_every_face_in_the_scene_is_found_and_named(shown):
    assert sorted(each.name or "" for each in shown.named) == NAMES


def test_the_names_are_not_given_by_chance(shown):
    for each in shown.named:
        assert each.nearest.similarity > shown.threshold.cosine + 0.05


def test_the_written_image_shows_boxes(shown):
    before, after = cv2.imread(str(shown.image)), cv2.imread(str(shown.drawn))
    assert before.shape == after.shape == compose_wall().shape
    x1, y1, x2, _ = (round(value) for value in shown.named[0].found.face.box)
    assert abs(after[y1, x1 + 2 : x2 - 2].astype(int) - before[y1, x1 + 2 : x2 - 2]).mean() > 20


def test_the_report_leads_to_both_artifacts(shown):
    page = unquote(shown.report.read_text(encoding="utf-8"))
    for artifact in shown.artifacts:
        assert f"{artifact.folder.name}/report.html" in page
        assert (artifact.folder / "report.html").stat().st_size <= 3_000_000


def test_the_manifest_records_sample_weights(shown):
    manifest = json.loads((shown.artifacts[0].folder / "manifest.json").read_text())
    assert manifest["sources"]["weights"]["sample"]
    assert manifest["sources"]["calibration"]["composed"]


def test_parity_finds_sample_weights(shown):
    report = check_parity(shown.artifacts[1], ParityRequest())
    assert report.certificate.reference == TRACED
    assert report.certificate.tensors["embedding"].snr_db > 10


def test_the_commands_that_it_prints_run_as_they_are_printed(shown, monkeypatch):
    from edgeface.cli.app import program
    from edgeface.cli.demo import shown_commands

    monkeypatch.chdir(shown.report.parents[1])
    lines = "\n".join(shown_commands(shown)).replace("\\\n", "").splitlines()
    commands = [line.strip() for line in lines if line.startswith("  ")]
    assert [shlex.split(line)[1] for line in commands] == ["identify", "detect", "check", "bench", "export"]
    for line in commands:
        if " identify " in line or " detect " in line:
            ran = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
            assert ran.returncode == 0, ran.stderr
            assert "Eileen Collins" in ran.stdout or " detect " in line
        name, *words = shlex.split(line)[1:]
        program().commands[name].make_context(name, words)
