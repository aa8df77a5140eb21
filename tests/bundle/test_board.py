"""The programs of an unpacked bundle, in a Python that has nothing but numpy and a runtime."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
import zlib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from edgeface.bundle.check import verify_bundle
from edgeface.bundle.face_runner import images
from edgeface.bundle.face_runner.errors import Refused, RunnerError
from edgeface.bundle.face_runner.golden import GOLDEN
from edgeface.bundle.face_runner.images import decode_image, encode_ppm, read_image
from edgeface.bundle.face_runner.integrity import SUMS, read_folder, sums_of
from edgeface.bundle.face_runner.pipeline import FaceRunner
from edgeface.bundle.face_runner.placement import pin
from edgeface.bundle.face_runner.service import FaceServer, answer_line
from edgeface.bundle.face_runner.verification import verify_files
from edgeface.core.artifact import Artifact
from edgeface.images.synthetic import synthetic_images
from edgeface.inference.detector import Detector
from edgeface.inference.recognizer import Recognizer


@pytest.fixture
def low(unpacked):
    """The unpacked bundle with a face threshold at which the seeded detector finds faces, and the threshold."""
    path = unpacked / "bundle.json"
    settings = json.loads(path.read_text())
    settings["thresholds"]["face"] = 0.02
    path.write_text(json.dumps(settings))
    return unpacked


@pytest.fixture
def runner(files):
    return FaceRunner(files, threads=1)


def test_verify_says_what_it_verified(on_board, unpacked, key_pair):
    ended = on_board(unpacked, "verify", "--key", key_pair[1])
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-1] == "verified"
    assert "0 LSB" in ended.stdout


def test_running_does_not_change_the_bundle(on_board, low, unpacked, contents):
    before = contents(unpacked)
    on_board(low, "face", "--no-pin", "embed", low / "golden" / "scene.ppm")
    on_board(unpacked, "verify", "--no-golden")
    assert contents(unpacked) == before


def test_a_changed_file_on_the_board_is_named_and_nothing_runs(on_board, unpacked):
    path = unpacked / "face_runner" / "resize.py"
    path.write_bytes(path.read_bytes().replace(b"255", b"254", 1))
    ended = on_board(unpacked, "verify")
    assert ended.returncode == 1
    assert "refused    face_runner/resize.py" in ended.stdout
    assert "golden     not run" in ended.stdout


@pytest.mark.parametrize("make", [os.symlink, os.link])
def test_a_link_in_an_unpacked_bundle_is_refused(unpacked, tmp_path, make):
    (tmp_path / "elsewhere").write_text("x")
    make(tmp_path / "elsewhere", unpacked / "models" / "link")
    assert not verify_bundle(unpacked, golden=False).passed


def test_a_pipe_in_an_unpacked_bundle_is_not_read(unpacked):
    os.mkfifo(unpacked / "pipe")
    with pytest.raises(Refused, match="link, device or pipe"):
        read_folder(unpacked)


def test_a_folder_that_is_not_a_bundle_is_refused(tmp_path):
    (tmp_path / "some.txt").write_text("x")
    (problem,) = verify_bundle(tmp_path).problems
    assert (problem.name, problem.what) == (SUMS, "is missing")


def test_sha256sum_reads_the_list(unpacked):
    ended = subprocess.run(["sha256sum", "-c", "--strict", SUMS], cwd=unpacked, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stdout


def test_faces_match_edgeface_s(seeded, runner):
    detector, recognizer = (Artifact.open(folder) for folder in seeded["integer"])
    finder, embedder = Detector(detector), Recognizer(recognizer)
    for image in synthetic_images(3, seed=12):
        wanted = finder.detect(image, 0.02)
        got = runner.detect(image, 0.02)
        assert len(wanted) > 3
        assert [(f.box, f.score, f.landmarks) for f in got] == [(f.box, f.score, f.landmarks) for f in wanted]
        for ours, theirs in zip(got[:3], wanted[:3], strict=True):
            embedding = runner.embed(runner.aligned(image, ours))
            np.testing.assert_array_equal(embedding, embedder.embed_photo(image, theirs.landmarks))


def test_the_programs_answer_in_json(on_board, low):
    scene = str(low / "golden" / "scene.ppm")
    found = json.loads(on_board(low, "face", "--no-pin", "detect", scene).stdout)
    assert found["images"][0]["image"] == scene
    assert len(found["images"][0]["faces"]) > 3
    compared = json.loads(on_board(low, "face", "--no-pin", "compare", scene, scene).stdout)
    assert compared == {"similarity": pytest.approx(1), "threshold": 0.35, "same": True}
    embedded = json.loads(on_board(low, "face", "--no-pin", "embed", scene).stdout)
    assert np.linalg.norm(embedded["images"][0]["embedding"]) == pytest.approx(1, abs=1e-6)


def test_an_image_that_is_missing_or_shows_no_face_is_named(on_board, unpacked):
    missing = on_board(unpacked, "face", "detect", "nowhere.ppm")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "nowhere.ppm" in missing.stderr
    faceless = on_board(unpacked, "face", "embed", unpacked / "golden" / "scene.ppm")
    assert faceless.returncode == 2
    assert "no face was found" in faceless.stderr
    assert "Traceback" not in faceless.stderr + missing.stderr


def test_the_process_is_pinned_only_to_existing_cores():
    there = os.sched_getaffinity(0)
    try:
        assert "not pinned" in pin({"cores": [10_000]})
        assert os.sched_getaffinity(0) == there
        assert pin({"cores": [min(there)]}) == f"pinned to cores [{min(there)}]"
        assert os.sched_getaffinity(0) == {min(there)}
    finally:
        os.sched_setaffinity(0, there)


def test_a_service_answers_line_by_line_and_survives_bad_requests(low, tmp_path):
    path = tmp_path / "s"
    with FaceServer(str(path), FaceRunner.open(low, threads=1)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            with socket.socket(socket.AF_UNIX) as client, client.makefile("rwb") as stream:
                client.settimeout(60)
                client.connect(str(path))
                said = []
                scene = str(low / "golden" / "scene.ppm")
                for request in (
                    b"nonsense",
                    b"[]",
                    b'{"do": "x", "images": []}',
                    b'{"images": [7]}',
                    b'{"do": "detect", "images": "a.ppm"}',
                ):
                    stream.write(request + b"\n")
                    stream.flush()
                    said.append(json.loads(stream.readline()))
                stream.write(json.dumps({"do": "compare", "images": [scene, scene]}).encode() + b"\n")
                stream.flush()
                assert json.loads(stream.readline())["same"] is True
        finally:
            server.shutdown()
    assert all(set(answer) == {"error"} for answer in said)


def test_a_request_with_old_keys_is_answered_with_old_keys(low):
    runner, scene = FaceRunner.open(low, threads=1), str(low / "golden" / "scene.ppm")

    def said(request):
        return json.loads(answer_line(runner, json.dumps(request).encode()))

    now = said({"do": "detect", "images": [scene]})["images"][0]
    before = said({"do": "detect", "pictures": [scene]})["pictures"][0]
    assert set(now) == {"image", "faces"}
    assert set(before) == {"picture", "faces"}
    assert (before["picture"], before["faces"]) == (now["image"], now["faces"])
    assert said({"do": "compare", "pictures": [scene] * 2}) == said({"do": "compare", "images": [scene] * 2})


def test_the_unit_starts_what_the_bundle_has(files):
    unit = files["systemd/face.service"].decode()
    commands = [line.split("=", 1)[1].split()[0] for line in unit.splitlines() if line.startswith("ExecStart")]
    assert commands == ["/usr/local/sbin/face-check", "/opt/face/face"]
    assert "face" in files


@pytest.fixture
def image():
    return synthetic_images(1, seed=2)[0][:40, :50]


def test_ppm_and_npy_images_are_read_without_a_library(image, tmp_path, monkeypatch):
    for library in ("cv2", "PIL"):
        monkeypatch.setitem(sys.modules, library, None)
    (tmp_path / "a.ppm").write_bytes(encode_ppm(image))
    np.save(tmp_path / "a.npy", image)
    for name in ("a.ppm", "a.npy"):
        np.testing.assert_array_equal(read_image(tmp_path / name), image)


def test_gray_images_become_three_channels_and_comments_are_skipped():
    data = b"P5 # drawn\n# by hand\n3 2\n255\n" + bytes(range(6))
    wanted = np.repeat(np.arange(6, dtype=np.uint8).reshape(2, 3, 1), 3, axis=2)
    np.testing.assert_array_equal(decode_image(data, "x"), wanted)


@pytest.mark.parametrize("library", ["cv2", "PIL"])
def test_other_images_are_read_with_opencv_or_pillow(image, library, monkeypatch):
    if library == "PIL":
        pytest.importorskip("PIL")
        monkeypatch.setitem(sys.modules, "cv2", None)
    data = cv2.imencode(".png", image)[1].tobytes()
    np.testing.assert_array_equal(decode_image(data, "x"), image)


def test_without_a_library_a_jpeg_is_refused_with_a_fix(image, monkeypatch):
    for library in ("cv2", "PIL"):
        monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(RunnerError, match="cannot be decoded here") as caught:
        decode_image(cv2.imencode(".jpg", image)[1].tobytes(), "a.jpg")
    assert "PPM" in str(caught.value.fix)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"P6",
        b"P6\n2 2\n65535\n" + bytes(24),
        b"P6\n2 2\n255\n" + bytes(11),
        b"P6\n2 2\n255\n" + bytes(13),
        b"P6\n99999 99999\n255\n",
        b"P6\n0 5\n255\n",
        b"\x93NUMPY",
        b"\x93NUMPY\x01\x00\x01\x00{",
        b"\xff\xd8\xff\xe0 not an image",
    ],
)
def test_damaged_images_are_refused(data):
    with pytest.raises(RunnerError):
        decode_image(data, "x")


def test_pickled_arrays_are_not_loaded(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{"a": 1}], object), allow_pickle=True)
    with pytest.raises(RunnerError):
        read_image(tmp_path / "a.npy")


def test_images_too_small_or_too_large_are_refused(tmp_path, monkeypatch):
    (tmp_path / "a.ppm").write_bytes(encode_ppm(np.zeros((4, 9, 3), np.uint8)))
    with pytest.raises(RunnerError, match="only 4×9"):
        read_image(tmp_path / "a.ppm")
    monkeypatch.setattr(images, "KIND", replace(images.KIND, max_bytes=10))
    with pytest.raises(RunnerError, match="over"):
        read_image(tmp_path / "a.ppm")


def test_only_regular_files_are_read_as_images(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, says in (
        (tmp_path / "pipe", "it is a pipe"),
        (Path("/dev/zero"), "it is a device"),
        (tmp_path, "it is a folder"),
        (tmp_path / "none", "there is no such file"),
        (Path("nul\0"), "cannot read the image"),
    ):
        with pytest.raises(RunnerError, match=says):
            read_image(path)


def png_header(height, width):
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))


def npy_header(*shape):
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (png_header(60_000, 60_000), "claims 60000×60000 pixels"),
        (png_header(0, 9), "claims 0×9 pixels"),
        (npy_header(60_000, 60_000, 3), "claims 60000×60000 pixels"),
        (npy_header(20, 20, 3) + bytes(1199), "truncated or has trailing bytes"),
        (npy_header(2**62, 4, 3), "claims"),
        (b"P6\n60000 60000\n255\n", "claims 60000×60000 pixels"),
        (b"GIF89a" + bytes(100), "no PPM, NPY, JPEG, PNG, BMP or WebP header"),
        (b"II*\0" + bytes(100), "no PPM, NPY, JPEG, PNG, BMP or WebP header"),
    ],
)
@pytest.mark.parametrize("library", ["cv2", "PIL"])
def test_sizes_are_known_before_anything_is_decoded(data, says, library, monkeypatch):
    monkeypatch.setitem(sys.modules, {"cv2": "PIL", "PIL": "cv2"}[library], None)
    with pytest.raises(RunnerError, match=says):
        decode_image(data, "x")


def test_a_header_of_spaces_is_read_in_no_time():
    start = time.monotonic()
    for data in (b"P6" + b" " * 4000 + b"x", b"P6" + b"\n#\n " * 800, b"P6 1 1" + b"\t" * 10_000):
        with pytest.raises(RunnerError, match="PPM header"):
            decode_image(data, "x")
    assert time.monotonic() - start < 2


@pytest.mark.parametrize("library", ["cv2", "PIL"])
def test_a_truncated_jpeg_is_refused(image, library, monkeypatch):
    data = cv2.imencode(".jpg", image)[1].tobytes()
    monkeypatch.setitem(sys.modules, {"cv2": "PIL", "PIL": "cv2"}[library], None)
    with pytest.raises(RunnerError, match="truncated"):
        decode_image(data[: len(data) // 2], "x")


def test_a_request_nested_without_end_is_answered():
    assert "error" in json.loads(answer_line(None, b"[" * 60_000))


def deep(folder):
    path = folder
    for _ in range(400):
        path = path / "d"
        path.mkdir()


def test_a_folder_nested_too_deeply_is_refused(tmp_path):
    deep(tmp_path)
    with pytest.raises(Refused, match="nested deeper"):
        read_folder(tmp_path)


@pytest.mark.parametrize("settings", ["[" * 60_000, "[]", "{}", '{"detector": 1}', "\\", "7", "null"])
def test_settings_of_another_form_are_refused(unpacked, settings):
    (unpacked / "bundle.json").write_text(settings)
    with pytest.raises(RunnerError, match="bundle"):
        FaceRunner.open(unpacked)


@pytest.mark.parametrize("record", [b"[" * 60_000, b"[]", b"{}", b"7", b"\xff"])
def test_a_record_of_another_form_is_a_problem_not_a_crash(files, record):
    changed = {name: data for name, data in files.items() if name != SUMS} | {GOLDEN: record}
    found = verify_files(changed | {SUMS: sums_of(changed)})
    assert not found.passed
    assert found.problems[0].name == GOLDEN


def test_a_missing_runtime_says_what_to_install(files, monkeypatch):
    for package in ("ai_edge_litert", "tflite_runtime"):
        monkeypatch.setitem(sys.modules, f"{package}.interpreter", None)
    with pytest.raises(RunnerError, match="no TFLite runtime") as caught:
        FaceRunner(files)
    assert "pip install" in str(caught.value.fix)
