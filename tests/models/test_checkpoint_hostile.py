"""Checkpoints that declare what they do not hold: refused by their names and shapes, before any value is read."""

import io
import json
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch

from edgeface.errors import CheckpointError
from edgeface.models.checkpoint import load_weights, read_state_dict
from edgeface.models.checkpoint_shapes import read_shapes, read_taken

GIANT = 10**10
LIMIT_S, LIMIT_MB = 2.0, 300.0


def saved(content, path, **options):
    torch.save(content, path, **options)
    return path


def packed_again(path, edit):
    """The archive at a path, each entry as `edit(name, data)` says: data and compression."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in entries.items():
            content, compression = edit(name, data)
            archive.writestr(name, content, compression)
    return path


def safetensors(path, header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def expanded(path):
    return saved({"a": torch.ones(1).expand(GIANT)}, path)


def expanded_in_the_first_format(path):
    return saved({"a": torch.ones(1).expand(GIANT)}, path, _use_new_zipfile_serialization=False)


def overlapping(path):
    return saved({"a": torch.ones(1000).as_strided((GIANT, 10), (0, 1))}, path)


def deflated(path):
    saved({"a": torch.zeros(1 << 20)}, path)
    return packed_again(path, lambda _, data: (data, zipfile.ZIP_DEFLATED))


def deflated_index(path):
    saved({"a": torch.zeros(4)}, path)
    return packed_again(
        path, lambda name, data: (data, zipfile.ZIP_DEFLATED if name.endswith("data.pkl") else zipfile.ZIP_STORED)
    )


def cut_storage(path):
    saved({"a": torch.ones(1000)}, path)
    return packed_again(path, lambda name, data: (data[:100] if "/data/" in name else data, zipfile.ZIP_STORED))


def large_index(path):
    return saved({"a": torch.ones(2), "log": ["epoch " * 100 + str(index) for index in range(10_000)]}, path)


def giant_header(path):
    path.write_bytes((1 << 40).to_bytes(8, "little") + b"{}")
    return path


def long_header(path):
    return safetensors(path, b" " * (8 << 20))


def giant_tensor(path):
    return safetensors(path, {"a": {"dtype": "F32", "shape": [GIANT], "data_offsets": [0, 4 * GIANT]}})


def deep_header(path):
    return safetensors(path, b"[" * 100_000)


HOSTILE = {
    expanded: "a declares 10,000,000,000 values",
    expanded_in_the_first_format: "a declares 10,000,000,000 values",
    overlapping: "a declares 100,000,000,000 values",
    deflated: "the archive expands when it is read",
    deflated_index: "the archive expands when it is read",
    cut_storage: "1,000 float32 values are declared, and the file has 100 bytes",
    large_index: "over 1 MiB beside its tensors",
    giant_header: "header would have 1,099,511,627,776 bytes",
    long_header: "header would have 8,388,608 bytes",
    giant_tensor: "not a whole safetensors file",
    deep_header: "nested too deeply|not JSON",
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    tensors = ("giant_header", "long_header", "giant_tensor", "deep_header")
    return {
        make: make(folder / f"{make.__name__}.{'safetensors' if make.__name__ in tensors else 'pth'}")
        for make in HOSTILE
    }


@pytest.mark.parametrize("make", HOSTILE)
def test_what_a_file_cannot_hold_is_refused_by_every_reader(hostile, make):
    for read in (read_shapes, read_taken, read_state_dict):
        with pytest.raises(CheckpointError, match=HOSTILE[make]) as caught:
            read(hostile[make])
        assert str(hostile[make]) in str(caught.value.where)
        assert caught.value.fix


def test_it_is_refused_within_two_seconds_and_300_mb_without_torch(hostile):
    program = """
import resource, sys, time
from pathlib import Path
from edgeface.errors import CheckpointError
from edgeface.models.checkpoint_shapes import read_taken
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before = peak()
for name in sys.argv[1:]:
    start = time.monotonic()
    try:
        read_taken(Path(name))
    except CheckpointError:
        print(time.monotonic() - start, peak() - before, Path(name).name)
assert "torch" not in sys.modules
"""
    said = subprocess.run(
        [sys.executable, "-c", program, *map(str, hostile.values())], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert len(said) == len(HOSTILE)
    for line in said:
        seconds, grown, name = line.split()
        assert float(seconds) < LIMIT_S, name
        assert float(grown) < LIMIT_MB, name


@pytest.mark.parametrize(
    ("tensor", "says"),
    [
        (torch.ones(2, 3, dtype=torch.complex64), "complex numbers"),
        (torch.ones(2, 3, dtype=torch.complex128), "complex numbers"),
        (torch.tensor([[1.0, float("nan"), 2.0]] * 2), "2 of 6 values of weight are NaN or infinite"),
        (torch.full((2, 3), float("inf"), dtype=torch.bfloat16), "6 of 6 values"),
        (torch.zeros(2, 3), "all 6 values of weight are zero"),
        (torch.full((2, 3), 1e-40), "denormal numbers"),
        (torch.full((2, 3), -1e-310, dtype=torch.float64), "denormal numbers"),
        (torch.ones(2, 3, dtype=torch.int8), "weight holds int8"),
    ],
)
@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_values_that_no_trained_network_has_are_refused_by_the_tensors_name(tmp_path, tensor, says, suffix):
    if suffix == "safetensors":
        from safetensors.torch import save_file

        if tensor.dtype == torch.complex128:
            pytest.skip("safetensors has no such dtype")
        save_file({"weight": tensor, "bias": torch.zeros(2)}, tmp_path / "w.safetensors")
    else:
        torch.save({"weight": tensor, "bias": torch.zeros(2)}, tmp_path / "w.pth")
    with pytest.raises(CheckpointError, match=says) as caught:
        load_weights(torch.nn.Linear(3, 2), tmp_path / f"w.{suffix}")
    assert "weight" in str(caught.value.where)


def test_small_weights_zeros_among_others_and_half_precision_are_fine(tmp_path):
    for weight in (
        torch.tensor([[0.0, 1e-40, 1e-30]] * 2),
        torch.full((2, 3), 6e-8, dtype=torch.float16),
        torch.ones(2, 3, dtype=torch.bfloat16),
        torch.ones(3, 2).t(),
        torch.ones(9)[3:].reshape(2, 3),
    ):
        torch.save({"weight": weight, "bias": torch.zeros(2)}, tmp_path / "w.pth")
        module = torch.nn.Linear(3, 2)
        load_weights(module, tmp_path / "w.pth")
        assert torch.equal(module.weight, weight.float())


def test_negative_variances_are_refused(tmp_path):
    module = torch.nn.BatchNorm2d(3)
    torch.save(module.state_dict() | {"running_var": torch.tensor([1.0, -0.1, 1.0])}, tmp_path / "w.pth")
    with pytest.raises(CheckpointError, match="negative variances, down to"):
        load_weights(module, tmp_path / "w.pth")


def test_shapes_are_compared_before_values_are_read(tmp_path):
    """The values would be refused too: the shape is named, so it was compared first."""
    torch.save({"weight": torch.zeros(3, 3), "bias": torch.zeros(2)}, tmp_path / "w.pth")
    with pytest.raises(CheckpointError, match=r"weight is \[3, 3\], not \[2, 3\]"):
        load_weights(torch.nn.Linear(3, 2), tmp_path / "w.pth")


@pytest.mark.parametrize("new", [True, False])
def test_damage_anywhere_is_an_error_of_ours_or_is_not_seen(tmp_path, new):
    module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    stream = io.BytesIO()
    torch.save({"state_dict": module.state_dict(), "epoch": 3}, stream, _use_new_zipfile_serialization=new)
    good, path, draw = stream.getvalue(), tmp_path / "w.pth", random.Random(int(new))
    index = good.find(b"state_dict")
    for _ in range(400):
        data = bytearray(good)
        for _ in range(draw.choice((1, 1, 2, 8))):
            near = min(len(data) - 1, max(0, index + draw.randrange(-60, 900)))
            data[draw.choice((near, draw.randrange(len(data))))] = draw.randrange(256)
        path.write_bytes(data[: draw.choice((len(data), len(data), draw.randrange(len(data))))])
        for read in (read_shapes, read_state_dict):
            try:
                read(path)
            except CheckpointError:
                continue


def test_damaged_safetensors_are_an_error_of_ours(tmp_path):
    from safetensors.torch import save

    good, path, draw = save({"a": torch.ones(3, 2), "b": torch.ones(2)}), tmp_path / "w.safetensors", random.Random(0)
    for _ in range(400):
        data = bytearray(good)
        data[draw.randrange(min(len(data), 200))] = draw.randrange(256)
        path.write_bytes(data[: draw.choice((len(data), draw.randrange(len(data))))])
        try:
            read_state_dict(path)
        except CheckpointError:
            continue


def test_a_pipe_or_a_folder_is_no_checkpoint(tmp_path: Path):
    import os

    os.mkfifo(tmp_path / "pipe.pth")
    for path, says in ((tmp_path / "pipe.pth", "it is a pipe"), (tmp_path, "it is a folder")):
        with pytest.raises(CheckpointError, match=says):
            read_state_dict(path)
