"""Bad input through the real command line: exit 2, one message (what, where, how to mend it), no leftovers."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path

import pytest

OPTIONS = ("--target", "onnx-fp32", "--input", "64x96")


class RunsCode:
    """A pickle of this makes a folder when it is loaded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


def empty(path: Path, weights: Path) -> None:
    path.touch()


def truncated(path: Path, weights: Path) -> None:
    path.write_bytes(weights.read_bytes()[:-5000])


def half(path: Path, weights: Path) -> None:
    path.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])


def noise(path: Path, weights: Path) -> None:
    path.write_bytes(bytes(range(256)) * 64)


def text(path: Path, weights: Path) -> None:
    path.write_text("version https://git-lfs.github.com/spec/v1\n")


def other_network(path: Path, weights: Path) -> None:
    import torch

    torch.save(torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8)).state_dict(), path)


def part_of_the_network(path: Path, weights: Path) -> None:
    import torch

    state = torch.load(weights, weights_only=True)
    torch.save({key: value for key, value in state.items() if "ssh3" not in key}, path)


def other_widths(path: Path, weights: Path) -> None:
    import torch

    state = torch.load(weights, weights_only=True)
    torch.save(
        {key: value.repeat(2, *[1] * (value.dim() - 1)) if value.dim() else value for key, value in state.items()}, path
    )


def not_finite(path: Path, weights: Path) -> None:
    import torch

    state = torch.load(weights, weights_only=True)
    next(iter(state.values()))[0] = float("nan")
    torch.save(state, path)


def folder(path: Path, weights: Path) -> None:
    path.mkdir()


CHECKPOINTS = {
    empty: "is empty",
    truncated: "truncated",
    half: "truncated",
    noise: "not a checkpoint",
    text: "pointer of Git LFS",
    other_network: "no known family",
    part_of_the_network: "missing: ",
    other_widths: "of another shape",
    not_finite: "NaN",
    folder: "a folder",
}


@pytest.fixture
def refused(edgeface_cli, tmp_path, contents):
    """Run an export that must be refused: `refused(*arguments)` is its error document; the message is checked."""

    def run(*arguments):
        before = contents(tmp_path)
        out = () if "--out" in arguments else ("--out", tmp_path / "out")
        plain = edgeface_cli("--quiet", "export", *arguments, *out)
        ended = edgeface_cli("--quiet", "export", *arguments, *out, "--json")
        assert (plain.code, ended.code) == (2, 2)
        assert plain.out == ""
        error = ended.document["error"]
        assert plain.err == ended.err
        assert plain.err.startswith(f"error: {error['what']}")
        assert plain.err.count("error:") == 1
        assert "Traceback" not in plain.err
        assert error["fix"]
        assert contents(tmp_path) == before
        return error

    return run


@pytest.mark.parametrize(("make", "said"), CHECKPOINTS.items(), ids=lambda item: getattr(item, "__name__", ""))
def test_an_unusable_checkpoint_is_named(refused, tmp_path, seeded_weights, make, said):
    path = tmp_path / "weights.pth"
    make(path, seeded_weights)
    error = refused("--weights", path, "--variant", "official", *OPTIONS)
    assert said in f"{error['what']} {error['fix']}"
    assert error["where"].startswith(str(path))


def test_an_absent_checkpoint_is_named(refused, tmp_path):
    assert refused("--weights", tmp_path / "none.pth", "--variant", "1mb", *OPTIONS)["where"] == str(
        tmp_path / "none.pth"
    )


@pytest.mark.parametrize("bare", [True, False], ids=["pickle", "torch.save"])
def test_code_in_a_checkpoint_is_not_run(refused, tmp_path, bare):
    import torch

    path, ran = tmp_path / "weights.pth", tmp_path / "ran"
    harmful = {"body.stage1.0.0.weight": RunsCode(ran)}
    path.write_bytes(pickle.dumps(harmful)) if bare else torch.save(harmful, path)
    error = refused("--weights", path, "--variant", "official", *OPTIONS)
    assert "could run code" in error["what"]
    assert not ran.exists()
    pickle.loads(pickle.dumps(harmful))  # the file would have run it
    assert ran.is_dir()


def test_a_whole_saved_module_is_not_loaded(refused, tmp_path):
    import torch

    torch.save(torch.nn.Linear(2, 2), tmp_path / "module.pth")
    error = refused("--weights", tmp_path / "module.pth", "--variant", "official", *OPTIONS)
    assert "state_dict()" in error["fix"]


@pytest.fixture
def bad_images(images):
    """A folder of five good images and of the bad ones that are listed with it."""
    whole = (images / "1.png").read_bytes()
    bad = {"0_empty.png": b"", "2_text.jpg": b"not an image", "3_cut.png": whole[: len(whole) // 2]}
    for name, data in bad.items():
        (images / name).write_bytes(data)
    import cv2

    cv2.imwrite(str(images / "9_tiny.png"), cv2.imread(str(images / "1.png"))[:4, :4])
    return images, [*bad, "9_tiny.png"]


@pytest.mark.parametrize("weights", [("--seed", 1), ("--weights", "--variant", "official")], ids=["seed", "weights"])
def test_all_unusable_images_are_named_at_once(refused, bad_images, seeded_weights, weights):
    path, bad = bad_images
    given = weights if weights[0] == "--seed" else (weights[0], seeded_weights, *weights[1:])
    options = ("--target", "tflite-int8", "--input", "64x96", "--calibration", path)
    error = refused(*given, *options)
    assert f"{len(bad)} images cannot be used" in error["what"]
    assert all(str(path / name) in error["where"] for name in bad)
    assert str(path / "4.png") not in error["where"]


def test_a_folder_without_images_is_refused(refused, tmp_path):
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "notes.txt").write_text("no image")
    options = ("--seed", 1, *OPTIONS, "--calibration")
    assert refused(*options, tmp_path / "none")["where"] == str(tmp_path / "none")
    assert refused(*options, tmp_path / "absent")["where"] == str(tmp_path / "absent")
    assert "a file" in refused(*options, tmp_path / "none" / "notes.txt")["what"]


def test_an_unknown_target_offers_the_nearest(refused):
    error = refused("--seed", 1, "--target", "tflite-int9")
    assert "tflite-int9" in error["what"]
    assert "did you mean tflite-int8?" in error["fix"]
    assert "onnx-fp32" in error["fix"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--io", "int4"), "int4"),
        (("--color", "grey"), "grey"),
        (("--variant", "2mb"), "2mb"),
        (("--input", "480by640"), "480by640"),
        (("--input", "0x0"), "0x0"),
    ],
)
def test_an_unknown_value_is_named_with_the_known_ones(refused, options, said):
    assert said in refused("--seed", 1, "--target", "onnx-fp32", *options)["what"]


@pytest.mark.parametrize("size", ["4x640", "100000x640"])
def test_an_impossible_input_size_is_refused(refused, size):
    error = refused("--seed", 1, "--target", "onnx-fp32", "--input", size)
    assert size.replace("x", "×") in error["what"]


def test_a_recipe_s_unknown_key_is_named(refused, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('model = "retinaface_mnet025"\n[quantize]\nequalise = true\n')
    error = refused(path, "--seed", 1, *OPTIONS)
    assert "quantize.equalise" in error["what"]
    assert error["where"] == str(path)


def test_an_unknown_model_is_named(refused):
    assert "retinaface_mnet25" in refused("retinaface_mnet25", "--seed", 1, *OPTIONS)["what"]


def test_real_weights_need_images_to_calibrate_with(refused, seeded_weights):
    options = ("--target", "tflite-int8", "--input", "64x96")
    error = refused("--weights", seeded_weights, "--variant", "official", *options)
    assert "--calibration" in error["fix"]


def test_sample_weights_are_not_used_for_another_variant(refused, images):
    error = refused("--variant", "1mb", *OPTIONS, "--calibration", images)  # else images are composed first
    assert error["where"] == "--variant"
    assert "--weights" in error["fix"]


def test_an_out_that_cannot_be_written_is_refused(refused, tmp_path):
    (tmp_path / "file").write_text("mine")
    error = refused("--seed", 1, *OPTIONS, "--out", tmp_path / "file" / "out")
    assert error["where"] == str(tmp_path / "file" / "out")


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_without_a_target_and_without_a_board_both_are_offered(refused, options):
    error = refused(*options)
    assert error["what"] == "no target named"
    assert "tflite-int8" in error["fix"]
    assert "--device" in error["fix"]


def test_an_unknown_device_is_refused_with_boards_and_tables(refused):
    error = refused("--device", "rk3398")
    assert error["where"] == "--device"
    assert error["fix"].startswith("did you mean rk3399?")
    assert "x86-avx2" in error["fix"]


def test_typer_s_own_error_is_one_document_too(edgeface_cli):
    ended = edgeface_cli("bundle", "--json")
    assert ended.code == 2
    assert ended.document["error"]["error"] == "UsageError"


def test_an_unmet_gate_exits_1_with_one_document(edgeface_cli, tmp_path):
    path = tmp_path / "strict.toml"
    path.write_text('model = "retinaface_mnet025"\n[gates.onnx-fp32]\nsnr_db = 199.0\n')
    ended = edgeface_cli("-q", "export", path, "--seed", 1, *OPTIONS, "--out", tmp_path / "out", "--json")
    assert ended.code == 1
    assert ended.document["error"]["error"] == "GateError"
    assert not (tmp_path / "out").exists()


def test_a_seeded_export_ends_with_one_document_and_progress_on_stderr(edgeface_cli, tmp_path):
    ended = edgeface_cli("export", "--seed", 1, *OPTIONS, "--out", tmp_path / "out", "--json")
    assert ended.code == 0
    (artifact,) = ended.document["artifacts"]
    assert Path(artifact["folder"]).is_dir()
    assert artifact["certificate"]["passed"] is True
    assert "judging onnx-fp32" in ended.err


ENDED = """
import os, signal, sys
import edgeface.models
from edgeface.cli import main
from edgeface.core.temporary import temporary_folder

def families():
    with temporary_folder():
        os.kill(os.getpid(), int(sys.argv[1]))
        signal.pause()

edgeface.models.families = families
main(["models"])
"""


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated"), (signal.SIGHUP, 129, "terminated")],
)
def test_each_signal_that_ends_a_command_lets_it_clean_up(tmp_path, number, code, said):
    default = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    default += "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"  # either may be ignored where the tests were started
    command = [sys.executable, "-c", default + ENDED, str(int(number))]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == code
    assert (ended.stdout, f"error: {said}" in ended.stderr, "Traceback" in ended.stderr) == ("", True, False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        (signal.SIGINT, 130, "interrupted"),
        pytest.param(signal.SIGTERM, 143, "terminated", marks=pytest.mark.hostile),
        pytest.param(signal.SIGHUP, 129, "terminated", marks=pytest.mark.hostile),
    ],
)
def test_an_interrupt_leaves_nothing_behind(tmp_path, contents, number, code, said):
    command = [sys.executable, "-m", "edgeface", "export", "--seed", "1", "--target", "tflite-int8"]
    # What a job in the background, or under nohup, ignores is handed down.
    before = {each: signal.signal(each, signal.SIG_DFL) for each in (signal.SIGINT, signal.SIGHUP)}
    try:
        process = subprocess.Popen(
            [*command, "--out", str(tmp_path / "a" / "out")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    assert process.stderr is not None
    line = next((line for line in process.stderr if line.startswith("calibrating")), None)
    assert line is not None
    assert contents(tmp_path) != {}
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    assert process.returncode == code
    assert (out, f"error: {said}" in err, "Traceback" in err) == ("", True, False)
    assert contents(tmp_path) == {}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--effort", "hard"), "unknown --effort 'hard'"),
        (("--effort", "max"), "onnx-fp32 cannot use --effort max"),
        (("--max-slowdown", "ten"), "--max-slowdown 'ten' is no share"),
        (("--max-slowdown", "10%"), "onnx-fp32 cannot use --max-slowdown 10%"),
        (("--recipe", "missing.toml"), "--recipe: there is no such file or folder"),
    ],
)
def test_a_repair_that_cannot_be_is_refused_before_the_network_is_loaded(refused, given, said):
    assert refused("--seed", 1, *OPTIONS, *given)["what"].startswith(said)
