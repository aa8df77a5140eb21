"""Golden values: what a machine computes, and the first op that a damaged model goes astray at."""

from __future__ import annotations

import json

import numpy as np
import pytest

from edgeface.bundle.archive import open_archive
from edgeface.bundle.face_runner.golden import GOLDEN, SCENE, check_golden
from edgeface.bundle.face_runner.integrity import SUMS, sums_of
from edgeface.bundle.face_runner.verification import verify_files
from edgeface.bundle.pack import Order, pack_bundle
from edgeface.bundle.record_golden import golden_image
from edgeface.devices.emulator import Setting

DETECTOR = "models/detector.tflite"


@pytest.fixture(scope="module")
def mixed(seeded):
    """A bundle whose detector has float islands, and its files."""
    data = pack_bundle(Order(*seeded["mixed"], "rk3399"))
    return data, open_archive(data, "x")[0]


def with_other_weights(files):
    """The files with a changed detector, and hashes to match: what hashes alone cannot find.

    Returns them and the op whose weights were changed.
    """
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(files[DETECTOR]))
    graph = model.subgraphs[0]
    convolutions = [index for index, op in enumerate(graph.operators) if _code(model, op) == "CONV_2D"]
    changed = convolutions[5]
    buffer = model.buffers[graph.tensors[graph.operators[changed].inputs[1]].buffer].data
    data = bytearray(files[DETECTOR])
    at = data.find(np.asarray(buffer, np.uint8).tobytes())
    data[at : at + 64] = bytes(64)
    damaged = {**files, DETECTOR: bytes(data)}
    return damaged | {SUMS: sums_of(damaged)}, changed


def _code(model, operator):
    from ai_edge_litert import schema_py_generated as schema

    code = model.operatorCodes[operator.opcodeIndex]
    value = max(code.builtinCode, code.deprecatedBuiltinCode)
    return next(name for name, number in vars(schema.BuiltinOperator).items() if number == value)


def test_the_machine_that_packed_computes_its_golden_values(files, mixed):
    for bundle in (files, mixed[1]):
        report = check_golden(bundle)
        assert (report.problems, report.worst_lsb, report.kernels) == ((), 0, "xnnpack")
        for compared, recorded in report.ops.values():
            assert compared == recorded > 50


def test_the_first_op_that_diverges_is_named(files):
    damaged, changed = with_other_weights(files)
    report = verify_files(damaged)
    assert not report.passed
    said = " ".join(map(str, report.problems))
    assert f"detector: op {changed} CONV_2D" in said
    assert "its budget is 0 LSB" in said
    assert "recognizer" not in said


def test_changed_golden_values_are_a_difference(files):
    record = json.loads(files[GOLDEN])
    record["networks"]["recognizer"]["xnnpack"][7]["sha256"] = "0" * 64
    report = check_golden({**files, GOLDEN: json.dumps(record).encode()})
    assert ["op 7" in str(problem) for problem in report.problems] == [True]


def test_another_golden_image_is_a_difference(files):
    changed = bytearray(files[SCENE])
    changed[5000] ^= 64
    problems = [str(problem) for problem in check_golden({**files, SCENE: bytes(changed)}).problems]
    assert any("different pixels" in problem for problem in problems)
    assert any("input tensor differs" in problem for problem in problems)


def test_another_decision_is_a_difference(files):
    record = json.loads(files[GOLDEN])
    record["decisions"]["xnnpack"]["similarity"] -= 0.01
    (problem,) = check_golden({**files, GOLDEN: json.dumps(record).encode()}).problems
    assert "similarity by 0.01" in str(problem)


def test_golden_images_depend_on_the_seed_only():
    assert golden_image(20, 30, 1).tobytes() == golden_image(20, 30, 1).tobytes()
    assert golden_image(20, 30, 1).tobytes() != golden_image(20, 30, 2).tobytes()
    assert np.ptp(golden_image(120, 160, 1)) > 100


@pytest.mark.parametrize(("site", "kernels"), [("current", "xnnpack"), ("legacy", "reference")])
def test_an_emulated_board_verifies_an_integer_bundle_bit_by_bit(site, kernels, emulator, unpacked, key_pair):
    arguments = [str(unpacked / "verify"), "--key", str(key_pair[1])]
    ended = emulator.run("a72", emulator.python("a72"), arguments, Setting(site))
    said = ended.stdout.decode()
    assert ended.returncode == 0, said + ended.stderr.decode()
    assert f"{kernels} kernels" in said
    assert ("× as long for networks in int8" in said) is (site == "legacy")  # what its runtime loses
    assert "largest difference 0 LSB" in said
    assert "signature  by key" in said


def test_an_emulated_board_verifies_float_fallback_within_its_budget(emulator, mixed, unpack):
    ended = emulator.run("a53", emulator.python("a53"), [str(unpack(mixed[0]) / "verify")])
    assert ended.returncode == 0, ended.stdout.decode() + ended.stderr.decode()


def test_a_board_names_the_op_that_a_damaged_model_diverges_at(on_board, files, unpacked):
    damaged, changed = with_other_weights(files)
    for name in (DETECTOR, SUMS):
        (unpacked / name).write_bytes(damaged[name])
    ended = on_board(unpacked, "verify")
    assert ended.returncode == 1
    assert f"detector: op {changed} CONV_2D" in ended.stdout
