"""`edgeface export --target tensorrt-…` on a seeded network: what it writes, says and refuses."""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest

from edgeface.backends.onnx.as_typed import open_as_typed
from edgeface.backends.tensorrt import library, on_gpu, runner, stage
from edgeface.backends.tensorrt.cuda.driver import Driver, Gpu, look_for_gpus
from edgeface.backends.tensorrt.engine_file import capabilities_in, check_engine_file
from edgeface.cli import main
from edgeface.cli.findings import format_findings
from edgeface.core import progress
from edgeface.core.artifact import Artifact, sha256_hex
from edgeface.core.style import plain
from edgeface.errors import InputError
from edgeface.tasks import task_of
from edgeface.tasks.detection.task import TASK

TARGETS = ("tensorrt-int8", "tensorrt-fp16", "tensorrt-fp32")
SEEDED = ("--seed", 1, "--input", "64x96")
FILE = "model.sm80-86-89-120.engine"
TYPES = {"tensorrt-int8": {"Float", "Int8"}, "tensorrt-fp16": {"Float", "Half"}, "tensorrt-fp32": {"Float"}}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(look_for_gpus().gpus), reason="there is a GPU, for which engines would be built"),
]


@pytest.fixture(scope="module")
def exported(ahead_of_time, tmp_path_factory):
    """The artifacts of one export to every TensorRT target, by target, and what it printed."""
    out = tmp_path_factory.mktemp("exported")
    options = ["--target", ",".join(TARGETS), *map(str, SEEDED), "--batch", "1,2,8", "--out", str(out)]
    with contextlib.redirect_stdout(io.StringIO()) as printed, pytest.raises(SystemExit) as ended:
        main(["--quiet", "export", *options])
    progress.show(False)
    assert ended.value.code == 0
    artifacts = {name: Artifact.open(out / f"retinaface_mnet025-{name}") for name in TARGETS}
    return artifacts, printed.getvalue()


@pytest.fixture
def refused(edgeface_cli, tmp_path, contents):
    """Run an export that must fail with an exit code, and leave nothing; its error document."""

    def run(*options, code=2, target="tensorrt-fp16"):
        before = contents(tmp_path)
        given = ("--target", target, *SEEDED, "--out", tmp_path / "out", *options)
        ended = edgeface_cli("export", *given, "--json")
        assert ended.code == code, ended.err
        assert "Traceback" not in ended.err
        assert ended.err.count("error:") == 1
        assert contents(tmp_path) == before
        return ended.document["error"]

    return run


@pytest.fixture
def pretend(monkeypatch):
    """Make as if a GPU of a compute capability were here; nothing can be loaded on it."""

    def install(capability):
        found = Gpu("A card", capability, 1 << 30)
        monkeypatch.setattr(runner, "usable_gpu", lambda: (found, (13, 1)))

    return install


@pytest.mark.parametrize("target", TARGETS)
def test_an_artifact_holds_the_engine_its_onnx_layers_and_requirements(exported, tensorrt, target):
    artifact = exported[0][target]
    names = {path.name for path in artifact.folder.iterdir()}
    listing = f"layers.{FILE.split('.')[1]}.json"
    assert names == {"model.onnx", FILE, listing, "engines.json", "manifest.json", "certificate.json", "report.html"}
    header = check_engine_file(artifact.folder / FILE, tensorrt, "89")
    assert capabilities_in(header, tensorrt) == ("80", "86", "89", "120")
    engines = artifact.manifest.engines
    assert engines["compute_capabilities"] == ["80", "86", "89", "120"]
    assert engines["batch"] == {"least": 1, "best": 2, "most": 8}
    assert (engines["library"], engines["library_version"]) == (tensorrt.name, tensorrt.version)
    assert engines["driver_cuda"] == "13.0"


@pytest.mark.parametrize("target", TARGETS)
def test_the_certificate_records_convolution_types_and_that_nothing_was_run(exported, target):
    certificate = exported[0][target].certificate()
    facts = certificate.engines["precision"][FILE.split(".")[1]]
    assert set(facts["convolutions"]) == TYPES[target]
    assert sum(facts["convolutions"].values()) == 56
    assert certificate.engines["run"].startswith("engine built, not run: ")
    judged = [
        requirement
        for requirement in certificate.requirements
        if "in the engine for 8.0, 8.6, 8.9, 12.0" in requirement.what
    ]
    assert len(judged) == (target != "tensorrt-fp32")
    assert certificate.passed is True


def test_the_onnx_next_to_the_engine_takes_every_batch(exported, normal):
    for artifact in exported[0].values():
        typed = open_as_typed(artifact.model_path)
        three = normal(3, 3, 64, 96, seed=4, scale=60.0)
        together = typed.run({"input": three})
        for index in range(3):
            for name, alone in typed.run({"input": three[index : index + 1]}).items():
                np.testing.assert_array_equal(together[name][index : index + 1], alone)


def test_the_text_ends_with_each_engine_and_that_it_was_not_run(exported):
    artifacts, printed = exported
    for target, artifact in artifacts.items():
        text = plain(format_findings(artifact.certificate(), task_of(artifact.contract)))
        assert " ".join(text.split()) in " ".join(printed.split())
        table = text.partition("TensorRT engines")[2].splitlines()
        row = next(line for line in table if line.startswith(FILE))
        last = " ".join(text.split("\n\n")[-1].split())
        facts = artifact.certificate().engines["precision"][FILE.split(".")[1]]
        types = ", ".join(f"{count} {name}" for name, count in facts["convolutions"].items())
        assert row.split() == [FILE, *types.split(), str(facts["layers"]), str(facts["reformats"])]
        run = artifact.certificate().engines["run"]
        assert last == f"{run[:1].upper()}{run[1:]}."
        assert last.startswith("Engine built, not run: "), target
    assert printed.count("Engine built, not run: ") == len(artifacts)
    assert any(line.startswith("report: ") for line in printed.splitlines())


def test_an_engine_that_ran_is_reported_as_run(exported):
    certificate = exported[0]["tensorrt-fp16"].certificate()
    ran = {**certificate.engines, "run": "A card, TensorRT 10.9", "on_gpu": {}}
    said = format_findings(certificate.model_copy(update={"engines": ran}), TASK)
    assert said.splitlines()[-1] == "The engine ran on A card, TensorRT 10.9."


@pytest.mark.parametrize("target", TARGETS)
def test_parity_computes_as_the_export_did(exported, edgeface_cli, target):
    artifact = exported[0][target]
    ended = edgeface_cli("parity", artifact.folder, "--json")
    assert ended.code == 0, ended.err
    certificate = artifact.certificate().as_dict()
    assert ended.document["tensors"] == certificate["tensors"]
    compared = [
        requirement for requirement in certificate["requirements"] if "in the engine for" not in requirement["what"]
    ]
    assert ended.document["requirements"] == compared
    assert (ended.document["kind"], ended.document["images"]) == ("synthetic", 4)


def test_without_tensorrt_the_command_that_installs_it_is_named(refused, monkeypatch):
    monkeypatch.setattr(library, "is_installed", lambda name: False)
    monkeypatch.setattr(library, "placeholder_distribution", lambda: None)
    monkeypatch.setattr(stage, "load_library", library.load_library.__wrapped__)
    error = refused()
    assert error["what"] == "no TensorRT is installed"
    assert "edgeface[tensorrt]" in error["fix"]


def test_an_unsupported_capability_is_refused_with_the_supported_ones(refused, tensorrt):
    error = refused("--compute-capability", "61,8.6")
    assert error["what"] == f"{tensorrt.name} {tensorrt.version} cannot build for compute capability 61"
    assert error["where"] == "tensorrt-fp16"
    assert ",".join(tensorrt.compute_capabilities) in error["fix"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--compute-capability", "sm86"), "'sm86' is not a compute capability"),
        (("--compute-capability", ""), "'' is not a compute capability"),
        (("--batch", "1,8"), "'1,8' is not a batch profile"),
        (("--batch", "many"), "'many' is not a batch profile"),
        (("--batch", "8,1,64"), "the batch profile 8, 1, 64 is not in order"),
        (("--batch", "0"), "the batch profile 0, 0, 0 is not in order"),
        (("--batch", "1,1,5000"), "a batch of 5000 is too large"),
    ],
)
def test_an_option_that_cannot_be_read_is_refused(refused, options, said):
    error = refused(*options)
    assert error["what"] == said
    assert error["fix"]


def test_int8_that_a_gpu_would_run_in_float_is_refused_with_node_and_reason(refused, ahead_of_time):
    error = refused("--compute-capability", "75", target="tensorrt-int8", code=1)
    assert error["error"] == "GateError"
    found = (
        r"int8 convolutions in float in the engine for 7\.5: 36: (/\S+ \(the layer '\S+' reads Float and Float\); ){2}"
    )
    assert re.search(found, error["what"])


def test_a_failed_export_keeps_the_existing_artifact(exported, edgeface_cli, contents):
    folder = exported[0]["tensorrt-fp16"].folder
    before = contents(folder.parent)
    given = ("--target", "tensorrt-fp16", *SEEDED, "--compute-capability", "61", "--out", folder.parent)
    assert edgeface_cli("export", *given).code == 2
    assert contents(folder.parent) == before


def copied(artifact, folder) -> Path:
    folder.mkdir()
    for path in artifact.folder.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def cut_short(folder):
    (folder / FILE).write_bytes((folder / FILE).read_bytes()[:5000])


def listed_as_it_is(folder, **changes):
    """Make the list of engines agree with a file that was changed, so that only the file itself tells."""
    document = json.loads((folder / "engines.json").read_text())
    data = (folder / FILE).read_bytes()
    for entry in document["engines"]:
        entry |= {"sha256": sha256_hex(data), "bytes": len(data), **changes}
    (folder / "engines.json").write_text(json.dumps(document))


def listed_though_cut_short(folder):
    cut_short(folder)
    listed_as_it_is(folder)


def of_another_version(folder):
    data = bytearray((folder / FILE).read_bytes())
    data[24:28] = 1, 4, 0, 76
    (folder / FILE).write_bytes(data)
    listed_as_it_is(folder)


def of_another_library(folder):
    listed_as_it_is(folder, library="TensorRT", library_version="10.9.0")


def of_another_library_unlisted(folder):
    (folder / FILE).write_bytes(b"ftrt" + bytes(500))
    listed_as_it_is(folder)


def missing(folder):
    (folder / FILE).unlink()


@pytest.mark.parametrize(
    ("harm", "capability", "said"),
    [
        (cut_short, "86", "its SHA-256 differs"),
        (listed_though_cut_short, "86", "the engine file is truncated: 5000 bytes instead of"),
        (of_another_version, "86", "was built by TensorRT-RTX 1.4.0.76, but"),
        (of_another_library, "86", "no engine here is for a GPU of compute capability 8.6 (A card) by TensorRT-RTX"),
        (of_another_library_unlisted, "86", "the engine is for TensorRT, but TensorRT-RTX"),
        (missing, "86", "cannot read the engine: there is no such file"),
        (lambda folder: None, "90", "no engine here is for a GPU of compute capability 9.0 (A card)"),
    ],
    ids=lambda item: getattr(item, "__name__", None),
)
def test_an_engine_that_cannot_be_used_is_refused_before_the_gpu_reads_it(
    exported, edgeface_cli, tmp_path, pretend, harm, capability, said
):
    folder = copied(exported[0]["tensorrt-fp16"], tmp_path / "copied")
    harm(folder)
    pretend(capability)
    ended = edgeface_cli("parity", folder, "--on", "gpu", "--json")
    assert ended.code == 2, ended.err
    assert said in ended.document["error"]["what"]
    assert str(folder) in ended.document["error"]["where"]
    assert ended.document["error"]["fix"]
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("gpus", [(), (Gpu("A card", "90", 1),)], ids=["no GPU", "another GPU"])
def test_an_engine_runs_only_on_gpus_that_it_was_built_for(exported, monkeypatch, gpus):
    monkeypatch.setattr(on_gpu, "look_for_gpus", lambda: Driver((13, 0), gpus))
    assert on_gpu.engine_here(exported[0]["tensorrt-int8"].folder) is None


def test_an_engine_for_this_gpu_is_opened_and_damage_is_reported(exported, tmp_path, monkeypatch, pretend):
    folder = copied(exported[0]["tensorrt-int8"], tmp_path / "copied")
    cut_short(folder)
    pretend("86")
    monkeypatch.setattr(on_gpu, "look_for_gpus", lambda: Driver((13, 0), (Gpu("A card", "86", 1),)))
    with pytest.raises(InputError, match="SHA-256 differs"):
        on_gpu.engine_here(folder)
