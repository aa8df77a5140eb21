"""Run tflite-runtime in a separate environment: it cannot share a process with LiteRT's numpy."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from edgeface.core.temporary import temporary_folder
from edgeface.core.writing import fill_file
from edgeface.errors import RuntimeFailure
from edgeface.graph.types import Array

WORKER = Path(__file__).with_name("legacy_worker.py")
TIMEOUT_S = 600


def run_tflite_runtime(
    python: Path, model: Path, feeds: Sequence[Mapping[str, Array]], kernels: str = "BUILTIN_REF"
) -> list[dict[str, Array]]:
    """Outputs by name for every feed, in the model's dtypes.

    Args:
        python: interpreter of an environment with tflite-runtime.
        model: a .tflite file with a signature.
        feeds: inputs by name, in the model's shapes (NHWC) and dtypes.
        kernels: "BUILTIN_REF" for the reference kernels, "BUILTIN" for the runtime's choice.

    Raises:
        RuntimeFailure: the runtime rejects the model or fails; with its last message.
    """
    with temporary_folder() as folder:
        given, found = folder / "feeds.npz", folder / "outputs.npz"
        arrays_given = {f"{name}@{i}": array for i, feed in enumerate(feeds) for name, array in feed.items()}
        # mypy takes an array for `allow_pickle`
        fill_file(given, lambda stream: np.savez(stream, **arrays_given))  # type: ignore[arg-type]
        # As source, not as a file: a file's folder comes first in the path, and modules here are named as Python's own.
        source = WORKER.read_text(encoding="utf-8")
        command = [str(python.absolute()), "-c", source, str(model.absolute()), str(given), str(found), kernels]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False, cwd=folder)
        if done.returncode != 0:
            last = (done.stderr.strip() or "no message").splitlines()[-1]
            raise RuntimeFailure(f"tflite-runtime failed: {last}", where=str(model))
        with np.load(found, allow_pickle=False) as arrays:
            outputs: list[dict[str, Array]] = [{} for _ in feeds]
            for key in arrays.files:
                name, index = key.rsplit("@", 1)
                outputs[int(index)][name] = arrays[key]
    return outputs
