"""Every decoder runs on a board: packed, imported without edgeface, and decoding there as here."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from edgeface.bundle.shipped import runner_files
from edgeface.tasks.detection.decoders import decoders

SSD = {"strides": (16,), "sizes": ((16, (8, 24)),)}
PROGRAM = """
import importlib, sys, numpy as np
assert not any(name.split(".")[0] == "edgeface" for name in sys.modules)
for name in sys.argv[1:]:
    kind = importlib.import_module(f"face_runner.decoders.{name}").DECODER
    decoder = kind(**({SSD} if name == "ssd" else {{}}))
    given = {{role: np.full(shape, 0.5, np.float32) for role, shape in decoder.expected(64, 64).items()}}
    print(name, *(float(part.sum()) for part in vars(decoder.decode(given, 64, 64, 0.0)).values()))
assert not any(name.split(".")[0] == "edgeface" for name in sys.modules)
"""


def test_every_decoder_runs_on_a_board(tmp_path):
    for name in decoders():
        for path, data in runner_files(name).items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
    program = PROGRAM.replace("{SSD}", repr(SSD)).replace("{{", "{").replace("}}", "}")
    command = [sys.executable, "-c", program, *decoders()]
    done = subprocess.run(command, cwd=tmp_path, env={}, capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        name, *sums = line.split()
        decoder = decoders()[name](**(SSD if name == "ssd" else {}))
        given = {role: np.full(shape, 0.5, np.float32) for role, shape in decoder.expected(64, 64).items()}
        here = vars(decoder.decode(given, 64, 64, 0.0)).values()
        assert [float(text) for text in sums] == [float(part.sum()) for part in here]
    assert len(done.stdout.splitlines()) == len(decoders())
