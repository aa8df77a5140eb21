"""Files are written in one place, `edgeface/core/writing.py`, and temporary ones made in `temporary.py`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "edgeface"
HOMES = ("core/writing.py", "core/temporary.py", "core/staging.py", "core/grown_file.py")

ALLOWED = {
    "core/native_log.py: TemporaryFile": "has no name: nothing is left over",
    "backends/tflite/legacy_worker.py: savez": "runs alone, without edgeface, in a temporary folder of its caller",
    "cli/reporting.py: open for writing": "the null device, in place of a closed stdout",
    "cli/reporting.py: os.open": "the null device, in place of a stdout that nobody reads",
    "bench/client.py: TemporaryFile": "has no name: nothing is left over",
    "bench/worker.py: open for writing": "the pipe to the process that started it",
    "devices/agent/serve.py: open for writing": "the pipe to the host",
    "devices/count.py: rename": "what the compiler wrote in a temporary folder",
    "devices/install.py: rename": "the whole userland, built aside under a lock",
    "devices/install.py: mkdir": "built aside under a lock; failures become RuntimeFailure",
    "devices/install.py: open for writing": "the lock itself",
    "doctor/checks/storage.py: TemporaryFile": "has no name: nothing is left over",
    "devices/download.py: extractall": "pinned wheels, inside what is built aside",
    "devices/download.py: mkdir": "apt's own folders, inside what is built aside",
    "devices/download.py: touch": "apt's own list, inside what is built aside",
    "devices/system_files.py: mkdir": "inside a temporary folder; failures become RuntimeFailure",
    "devices/system_files.py: rename": "a folder made in a temporary one; another process may have been first",
    "devices/system_files.py: symlink_to": "inside a temporary folder; failures become RuntimeFailure",
    "prediction/counted.py: mkdir": "a folder in the cache; a failure is reported, and nothing is remembered",
    "images/video_file.py: VideoWriter": "OpenCV writes into a temporary folder; what it wrote is read again",
    "images/video_file.py: replace": "what OpenCV wrote in a temporary folder beside it",
    "devices/agent/ncnn_model.py: open for writing": "in the device's memory, no file",
    "engine/cargo.py: mkdir": "inside a temporary folder of the worker",
    "engine/cargo.py: write_bytes": "inside a temporary folder of the worker; failures become RuntimeFailure",
    "gallery/writer.py: mkdir": "the staging folder itself, for the block that removes it",
    "gallery/writer.py: rename": "a segment that was staged beside its place; the manifest names it afterwards",
    "models/write_skeletons.py: mkdir": "run by developers, in the source tree",
}
"""What writes elsewhere, and why that is right."""

METHODS = frozenset(
    (
        *("write_bytes", "write_text", "imwrite", "tofile", "touch", "mkdir", "makedirs", "rename", "renames"),
        *("symlink_to", "hardlink_to", "symlink", "link", "mkstemp", "mkdtemp", "TemporaryDirectory"),
        *("NamedTemporaryFile", "TemporaryFile", "SpooledTemporaryFile", "copyfile", "copy2", "copytree"),
        *("copyfileobj", "make_archive", "extractall", "VideoWriter"),
    )
)
SAVES = frozenset({"save", "savez", "savez_compressed", "savetxt"})
WRITING = frozenset("wax+")


def writes_in(path: Path) -> Iterator[str]:
    """What a file of the package does that makes or renames files, by name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        owner = ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else ""
        texts = [
            item.value
            for item in (*node.args, *(word.value for word in node.keywords if word.arg == "mode"))
            if isinstance(item, ast.Constant) and isinstance(item.value, str)
        ]
        if name in METHODS or (owner == "shutil" and name in {"copy", "move"}):
            yield name
        elif name in SAVES and owner in {"np", "numpy"} and ast.unparse(node.args[0]) != "stream":
            yield name  # to a stream it writes what `write_file` or `fill_file` opened
        elif name == "open" and owner == "os" and re.search("O_(WRONLY|RDWR|CREAT)", ast.unparse(node)):
            yield "os.open"
        elif name in {"open", "fdopen"} and any(WRITING & set(text) and len(text) <= 3 for text in texts):
            yield "open for writing"
        elif name == "replace" and (owner == "os" or (owner and len(node.args) == 1 and not node.keywords)):
            yield "replace"


def test_files_are_written_in_one_place():
    found = {
        f"{path.relative_to(PACKAGE).as_posix()}: {what}"
        for path in PACKAGE.rglob("*.py")
        if path.relative_to(PACKAGE).as_posix() not in HOMES
        for what in writes_in(path)
    }
    assert sorted(found - set(ALLOWED)) == []
    assert sorted(set(ALLOWED) - found) == [], "an exception that no code needs any more"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("path.write_bytes(data)", ["write_bytes"]),
        ("path.write_text(text, encoding='utf-8')", ["write_text"]),
        ("open(path, 'w')", ["open for writing"]),
        ("path.open(mode='ab')", ["open for writing"]),
        ("os.fdopen(handle, 'r+')", ["open for writing"]),
        ("np.savez(path, a=1)", ["savez"]),
        ("np.savez(stream, a=1)", []),
        ("cv2.imwrite(str(path), image)", ["imwrite"]),
        ("cv2.VideoWriter(str(path), code, 25.0, size)", ["VideoWriter"]),
        ("shutil.copy(a, b)", ["copy"]),
        ("partial.replace(path)", ["replace"]),
        ("text.replace('a', 'b')", []),
        ("replace(value, field=1)", []),
        ("array.copy()", []),
        ("path.open('rb')", []),
        ("os.open(path, os.O_RDONLY)", []),
        ("os.open(path, os.O_WRONLY | os.O_CREAT)", ["os.open"]),
    ],
)
def test_a_write_is_seen(tmp_path, line, found):
    module = tmp_path / "module.py"
    module.write_text(line)
    assert list(writes_in(module)) == found
