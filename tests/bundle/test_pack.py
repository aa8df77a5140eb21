"""Packing: deterministic, small, complete, and without what must not leave the house."""

from __future__ import annotations

import ast
import hashlib
import json
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from edgeface.bundle.archive import open_archive
from edgeface.bundle.boards import board
from edgeface.bundle.budget_ops import EXACT, REQUANTIZED, ROUNDED, stages
from edgeface.bundle.face_runner.golden import GOLDEN
from edgeface.bundle.pack import Order, pack_bundle, write_bundle
from edgeface.bundle.shipped import DECODERS, on_board, runner_files
from edgeface.core import progress
from edgeface.core.artifact import MANIFEST, Artifact, write_json
from edgeface.errors import ContractError, InputError
from edgeface.schema.documents import DOCUMENTS, schema
from edgeface.tasks.detection import decoders

ALLOWED = {"numpy", "cv2", "PIL", "cryptography"}
MAX_BYTES = 2_550_000


def imports(tree):
    """Modules that Python imports, and whether at module level."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node in tree.body) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "", node in tree.body


def later_than_3_8(tree):
    """What Python 3.8 does not evaluate: subscripts of builtins and of abstract types, unions, and zip's strict."""
    for node in ast.walk(tree):
        for field in ("annotation", "returns"):
            if getattr(node, field, None) is not None:
                setattr(node, field, None)  # with `from __future__ import annotations` they are never evaluated
    abstract = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "collections.abc"
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            if node.value.id in abstract | {"tuple", "list", "dict", "set", "type"}:
                yield ast.unparse(node)
        elif (
            (isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr) and "None" in ast.unparse(node))
            or (isinstance(node, ast.Call) and any(keyword.arg == "strict" for keyword in node.keywords))
            or (isinstance(node, ast.Attribute) and node.attr in {"removeprefix", "removesuffix", "bit_count"})
        ):
            yield ast.unparse(node)


def python_of(files):
    return {name: ast.parse(data.decode()) for name, data in files.items() if name.endswith(".py")}


def test_the_packed_program_imports_python_numpy_and_itself_only(files):
    packed = python_of(files)
    assert {"face_runner/decoders/ssd.py", "face_runner/decoding.py", "face_runner/similarity.py"} <= set(packed)
    for name, tree in packed.items():
        for module, at_top in imports(tree):
            root = module.split(".")[0]
            if root == "face_runner":
                place = module.replace(".", "/")
                assert f"{place}.py" in packed or f"{place}/__init__.py" in packed, f"{name} imports {module}"
            elif root not in sys.stdlib_module_names:
                assert root in ALLOWED, f"{name} imports {module}"
                assert root == "numpy" or not at_top, f"{name} needs {module} to be loaded at all"


def test_the_packed_program_is_python_3_8(files):
    for name, tree in python_of(files).items():
        assert list(later_than_3_8(tree)) == [], name
    for line in ("A = tuple[int, ...]", "B = int | None", "zip(a, b, strict=True)", "x.removeprefix('a')"):
        assert list(later_than_3_8(ast.parse(line)))
    for line in ("def f(a: tuple[int | None, ...]) -> list[int]: ...", "a: int | None = 3", "a[0] | b[1]"):
        assert list(later_than_3_8(ast.parse(line))) == []


def test_shared_modules_are_renamed_for_the_board():
    given = (
        "from edgeface.tasks.detection.decoding import Candidates  # edgeface.errors.InputError, edgeface.tasks.task"
    )
    wanted = "from face_runner.decoding import Candidates  # face_runner.base_errors.InputError, edgeface.tasks.task"
    assert on_board(given) == wanted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import scipy", "imports scipy"),
        ("from edgeface.contracts import Anchors", "imports edgeface.contracts"),
        ("from . import ssd", "imports ."),
        ("match 3:\n    case _:\n        pass", "is not Python 3.8"),
    ],
)
def test_a_decoder_that_a_board_cannot_import_is_not_packed(text, said, tmp_path, monkeypatch):
    (tmp_path / "unfit.py").write_text(
        f"DECODER = None\n\n\ndef later():\n    {text.replace(chr(10), chr(10) + '    ')}\n"
    )
    monkeypatch.setattr(decoders, "__path__", [*decoders.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, f"{DECODERS}.unfit", raising=False)
    with pytest.raises(InputError, match=said) as caught:
        runner_files("unfit")
    assert "unfit.py" in str(caught.value.where)
    monkeypatch.delitem(sys.modules, f"{DECODERS}.unfit", raising=False)


def test_the_same_artifacts_give_the_same_bytes_in_another_process(archive, seeded, key_pair, tmp_path):
    out = tmp_path / "again.tar.gz"
    command = [sys.executable, "-m", "edgeface", "bundle", *map(str, seeded["integer"]), "--device", "rk3399"]
    subprocess.run([*command, "--out", str(out), "--sign", str(key_pair[0])], check=True, capture_output=True)
    assert out.read_bytes() == archive


def test_image_names_and_host_paths_are_not_packed(seeded, tmp_path):
    copies = [shutil.copytree(folder, tmp_path / name) for name, folder in zip("dr", seeded["integer"], strict=True)]
    for copy in copies:
        manifest = json.loads((copy / "manifest.json").read_text())
        manifest["sources"]["calibration"] = {"count": 1, "files": ["Somebody_0001.png"]}
        (copy / "manifest.json").write_text(json.dumps(manifest))
    files, _ = open_archive(pack_bundle(Order(*copies, "rk3399")), "x")
    for name, content in files.items():
        assert b"Somebody_0001" not in content, name
        assert b"edgeface.bundle" not in content, name
        assert str(tmp_path).encode() not in content, name


def test_the_settings_hold_contracts_thresholds_and_cores(files):
    settings = json.loads(files["bundle.json"])
    assert settings["device"]["cores"] == [4, 5]
    assert settings["device"]["threads"] == 2
    assert settings["thresholds"] == {"face": 0.6, "match": 0.35, "match_source": "default"}
    assert settings["recognizer"]["contract"]["template"][0] == pytest.approx([30.2946, 51.6963])
    assert b"CPUAffinity=4 5\n" in files["systemd/face.service"]
    assert b"@" not in files["systemd/face.service"]


def test_a_threshold_that_the_certificate_measured_is_packed(seeded, write_certificate, tmp_path):
    detector, recognizer = seeded["integer"]
    for path in recognizer.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    document = write_certificate(tmp_path, {"threshold": 0.4125, "files": ["Somebody_0001.png"]})
    files, _ = open_archive(pack_bundle(Order(detector, tmp_path, "rk3399")), "x")
    thresholds = json.loads(files["bundle.json"])["thresholds"]
    assert (thresholds["match"], thresholds["match_source"]) == (0.4125, "certificate")
    assert json.loads(files["certificates/recognizer.json"]) == document | {"decisions": {"threshold": 0.4125}}
    assert b"#define FACE_THRESHOLD 0.4125\n" in files["c/face_contract.h"]


def test_the_bill_of_materials_names_every_part_with_its_hash(files):
    bill = json.loads(files["sbom.cdx.json"])
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    uuid.UUID(bill["serialNumber"].removeprefix("urn:uuid:"))
    parts = {part["bom-ref"]: part for part in bill["components"]}
    for name in ("models/detector.tflite", "models/recognizer.tflite"):
        assert parts[name]["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(files[name]).hexdigest()}]
    assert set(bill["dependencies"][0]["dependsOn"]) == set(parts)
    assert "timestamp" not in bill["metadata"]


def test_licences_are_packed(seeded, tmp_path, files):
    assert b"Apache License" in files["LICENSES/edgeface.txt"]
    (tmp_path / "weights-MIT.txt").write_text("MIT\n")
    data = pack_bundle(Order(*seeded["integer"], "rk3399", licences=(tmp_path / "weights-MIT.txt",)))
    assert open_archive(data, "x")[0]["LICENSES/weights-MIT.txt"] == b"MIT\n"
    twice = (tmp_path / "weights-MIT.txt",) * 2
    with pytest.raises(InputError, match="exists already"):
        pack_bundle(Order(*seeded["integer"], "rk3399", licences=twice))


def test_integer_networks_have_no_budget_and_floats_have_one(seeded, files):
    integer = json.loads(files[GOLDEN])["networks"]
    for network in integer.values():
        assert {op["budget_lsb"] for op in network["xnnpack"]} == {0}
    mixed, _ = open_archive(pack_bundle(Order(*seeded["mixed"], "rk3399")), "x")
    ops = json.loads(mixed[GOLDEN])["networks"]["detector"]["reference"]
    assert {op["budget_lsb"] for op in ops} == {0, 0.01, 8}
    assert {op["op"] for op in ops if op["budget_lsb"] == 0} <= {"PAD", "QUANTIZE", "DEQUANTIZE"}


def test_float_arithmetic_is_followed_downstream():
    rows = (("QUANTIZE", 1), ("CONV_2D", 2), ("DEQUANTIZE", 3), ("PRELU", 4), ("RESHAPE", 5), ("QUANTIZE", 6))
    operators = [{"op_name": name, "inputs": [out - 1, -1], "outputs": [out]} for name, out in rows]
    operators.append({"op_name": "ADD", "inputs": [2, 6], "outputs": [7]})
    operators.append({"op_name": "ADD", "inputs": [2, 1], "outputs": [8]})
    is_float = {index: index in (3, 4, 5) for index in range(9)}
    wanted = [EXACT, EXACT, EXACT, ROUNDED, ROUNDED, REQUANTIZED, REQUANTIZED, EXACT]
    assert stages(operators, is_float) == wanted


def test_swapped_artifacts_are_refused(seeded):
    with pytest.raises(ContractError, match="not a face detector") as caught:
        pack_bundle(Order(*reversed(seeded["integer"]), "rk3399"))
    assert caught.value.where == str(seeded["integer"][1])


def test_artifacts_for_another_runtime_are_refused(detector_artifact, seeded):
    with pytest.raises(InputError, match="TFLite models") as caught:
        pack_bundle(Order(detector_artifact, seeded["integer"][1], "rk3399"))
    assert "tflite-int8" in str(caught.value.fix)


def test_every_file_of_a_model_is_packed(seeded, tmp_path):
    folder = Path(shutil.copytree(seeded["integer"][0], tmp_path / "detector"))
    (folder / "labels.txt").write_text("face\n")
    manifest = Artifact.open(folder).manifest
    hashes = manifest.files | {"labels.txt": hashlib.sha256(b"face\n").hexdigest()}
    write_json(folder / MANIFEST, manifest.model_copy(update={"files": hashes}).model_dump(mode="json"))
    packed, problems = open_archive(pack_bundle(Order(folder, seeded["integer"][1], "rk3399")), "bundle")
    assert problems == []
    models = {name: content for name, content in packed.items() if name.startswith("models/")}
    assert set(models) == {"models/detector-labels.txt", "models/detector.tflite", "models/recognizer.tflite"}
    assert models["models/detector-labels.txt"] == b"face\n"
    assert json.loads(packed["bundle.json"])["detector"]["model"] == "models/detector.tflite"


@pytest.mark.parametrize("name", ["toaster", "a72", "../rk3399"])
def test_an_unknown_board_is_refused_with_the_known_ones(name):
    with pytest.raises(InputError, match=f"no board is called '{name}'") as caught:
        board(name)
    assert "use one of rk3399, rk3588, rpi4, rpi5, or" in str(caught.value.fix)


def test_a_bundle_that_cannot_be_written_leaves_nothing(tmp_path, contents):
    (tmp_path / "face.tar.gz").mkdir()
    with pytest.raises(InputError, match="cannot write"):
        write_bundle(b"x", tmp_path / "face.tar.gz")
    assert contents(tmp_path) == {"face.tar.gz": None}


@pytest.mark.real_data
def test_a_bundle_of_real_networks_is_small(real):
    assert len(real[2]) <= MAX_BYTES


def test_the_settings_keep_their_schema(files):
    checker = Draft202012Validator(schema(DOCUMENTS["bundle"], strict=True))
    assert list(checker.iter_errors(json.loads(files["bundle.json"]))) == []


def test_a_verdict_that_is_not_good_is_said_when_it_is_packed(seeded, write_certificate, tmp_path, capsys):
    detector, recognizer = seeded["integer"]
    for path in recognizer.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    write_certificate(tmp_path, {"threshold": 0.4125})
    progress.show()
    try:
        pack_bundle(Order(detector, tmp_path, "rk3399"))
    finally:
        progress.show(False)
    assert "the recognizer is packed with this verdict: NOT judged" in capsys.readouterr().err
