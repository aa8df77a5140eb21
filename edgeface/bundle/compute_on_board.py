"""What the emulated board computes of a bundle's golden images, by the bundle's own program."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeface.bundle.face_runner.open_network import NCNN_KERNELS
from edgeface.bundle.face_runner.settings import tasks_of
from edgeface.core.temporary import temporary_folder
from edgeface.core.writing import make_folders, write_file
from edgeface.devices.install import installed, status
from edgeface.devices.table import emulated
from edgeface.errors import RuntimeFailure
from edgeface.reading.regular_file import Kind, read_file

_ANSWER = Kind("answer of the emulated board", 1 << 30, "pack the bundle again")
_PROGRAM = """
import json, sys
from pathlib import Path
import numpy as np
folder, kernels, tasks = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
sys.path.insert(0, str(folder / "face"))
from face_runner.golden import decisions, golden_run
from face_runner.integrity import read_folder
files, values = read_folder(folder / "face"), {}
for task in tasks:
    network, _ = golden_run(files, task, kernels)
    tensors = [int(index) for op in network.operators() for index in op["outputs"]]
    values.update({f"{task} {index}": network.tensor(index) for index in tensors})
np.savez(folder / "values.npz", **values)
(folder / "decisions.json").write_text(json.dumps(decisions(files, kernels)))
"""


@dataclass(frozen=True)
class Computed:
    """Tensors of each task's network by index, and the pipeline's decisions."""

    kernels: str
    values: Mapping[str, Mapping[int, NDArray[Any]]]
    decisions: dict[str, Any]


def compute_on_board(device: str, files: Mapping[str, bytes]) -> Computed | None:
    """What a board computes; None if it is not emulated here.

    Args:
        device: the name of its profile.
        files: a bundle's program, settings, models and golden images by name.

    Raises:
        RuntimeFailure: the program fails there.
    """
    profile = emulated().get(device)
    if profile is None or status().state not in ("ready", "native"):
        return None
    tasks = tasks_of(json.loads(files["bundle.json"]))
    kernels, emulator = f"{NCNN_KERNELS}-{profile.architecture}", installed()
    with temporary_folder() as folder:
        for name, content in files.items():
            make_folders((folder / "face" / name).parent, "the bundle")
            write_file(folder / "face" / name, content, "the bundle")
        done = emulator.run(device, emulator.python(device), ["-c", _PROGRAM, str(folder), kernels, *tasks])
        if done.returncode:
            last = (done.stderr.decode(errors="replace").strip().splitlines() or ["no message"])[-1]
            raise RuntimeFailure(f"the bundle's program fails on the emulated board: {last}", where=device)
        decided = json.loads(read_file(folder / "decisions.json", _ANSWER))
        stored = np.load(io.BytesIO(read_file(folder / "values.npz", _ANSWER)))
    found: dict[str, dict[int, NDArray[Any]]] = {task: {} for task in tasks}
    for key in stored.files:
        task, index = key.split()
        found[task][int(index)] = stored[key]
    return Computed(kernels, found, decided)
