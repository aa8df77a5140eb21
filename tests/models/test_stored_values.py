"""Numbers of checkpoints that are read without torch, against torch itself."""

from __future__ import annotations

import io
import json
import pickle
import random
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from edgeface.errors import CheckpointError
from edgeface.models.checkpoint import read_state_dict

DTYPES = (
    *(torch.float64, torch.float32, torch.float16, torch.bfloat16),
    *(torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool),
    *(torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz, torch.uint16),
)
OF_OLD = 10
"""So many of them have storages in torch's first format."""


def drawn(draw: random.Random, dtype: torch.dtype) -> torch.Tensor:
    """A tensor of one of the forms that trainings save: whole, a view, transposed, a part, of no or one element."""
    made = torch.Generator().manual_seed(draw.randrange(1 << 30))
    whole = torch.randint(1, 100, (4, 6, 5), generator=made).to(dtype)
    forms = (
        lambda t: t,
        lambda t: t.transpose(0, 2),
        lambda t: t.permute(2, 0, 1)[1:, ::2],
        lambda t: t[1:3, 2:],
        lambda t: t.flatten()[7:19:3],
        lambda t: t[2, 3, 1],
        lambda t: t[:0],
        lambda t: t[:, :1].expand(4, 1, 5),
        torch.nn.Parameter if dtype.is_floating_point else (lambda t: t),
    )
    return draw.choice(forms)(whole)  # type: ignore[no-any-return]


def same(found: np.ndarray, wanted: torch.Tensor) -> bool:
    """Whether an array has a tensor's shape and numbers; bfloat16 and float8 as float32."""
    plain = wanted.detach()
    narrow = plain.is_floating_point() and (plain.element_size() < 2 or plain.dtype == torch.bfloat16)
    array = (plain.float() if narrow else plain).numpy()
    return found.dtype == array.dtype and found.shape == array.shape and np.array_equal(found, array)


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "first format"])
@pytest.mark.parametrize("seed", range(6))
def test_a_torch_file_gives_what_torch_loads(tmp_path: Path, zipped: bool, seed: int) -> None:
    draw = random.Random(seed)
    kinds = DTYPES if zipped else DTYPES[:OF_OLD]
    state = {f"t{number}": drawn(draw, draw.choice(kinds)) for number in range(24)}
    shared = torch.arange(60.0)
    state |= {"a": shared[:20].view(4, 5), "b": shared[10:40].view(5, 6).t(), "c": shared}
    torch.save(state, tmp_path / "w.pth", _use_new_zipfile_serialization=zipped)
    found, wanted = read_state_dict(tmp_path / "w.pth"), torch.load(tmp_path / "w.pth", weights_only=True)
    assert list(found) == list(wanted)
    assert [key for key, tensor in wanted.items() if not same(found[key], tensor)] == []
    assert all(array.flags.writeable and array.flags.c_contiguous for array in found.values())


def test_safetensors_give_what_their_library_loads(tmp_path: Path) -> None:
    draw = random.Random(1)
    kinds = [dtype for dtype in DTYPES if "fnuz" not in str(dtype)]
    state = {f"t{number}": drawn(draw, draw.choice(kinds)).detach().contiguous().clone() for number in range(40)}
    save_file(state, tmp_path / "w.safetensors")
    found, wanted = read_state_dict(tmp_path / "w.safetensors"), load_file(tmp_path / "w.safetensors")
    assert found.keys() == wanted.keys()
    assert [key for key, tensor in wanted.items() if not same(found[key], tensor)] == []


@pytest.mark.parametrize(
    "dtype",
    [
        *(torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz),
        *(torch.float8_e8m0fnu, torch.bfloat16, torch.float16),
    ],
)
def test_every_code_of_a_short_float_is_the_number_that_torch_says(tmp_path: Path, dtype: torch.dtype) -> None:
    codes = torch.arange(256, dtype=torch.uint8) if dtype.itemsize == 1 else torch.arange(-(1 << 15), 1 << 15).short()
    every = codes.view(dtype)
    finite = every[every.float().isfinite()].contiguous()
    torch.save({"w": finite}, tmp_path / "w.pth")
    assert len(finite) > 100
    assert np.array_equal(read_state_dict(tmp_path / "w.pth")["w"].astype(np.float32), finite.float().numpy())


def test_numbers_whose_highest_byte_is_first_are_turned(tmp_path: Path) -> None:
    """As torch writes on big-endian machines, and says in the archive."""
    path, state = (
        tmp_path / "w.pth",
        {"w": torch.arange(1.0, 7.0).view(2, 3), "h": torch.ones(3).half(), "u": torch.ones(2).byte()},
    )
    torch.save(state, path)
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    sizes = {"0": 4, "1": 2, "2": 1}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in entries.items():
            size = sizes.get(name.rpartition("/")[2], 0) if "/data/" in name else 0
            turned = np.frombuffer(data, f"<u{size}").byteswap().tobytes() if size > 1 else data
            archive.writestr(name, b"big" if name.endswith("byteorder") else turned)
    found, wanted = read_state_dict(path), torch.load(path, weights_only=True)
    assert torch.equal(wanted["w"], state["w"])
    assert [key for key in wanted if not same(found[key], wanted[key])] == []


def test_a_higher_protocol_of_pickle_is_read(tmp_path: Path) -> None:
    torch.save({"w": torch.ones(2, 3)}, tmp_path / "w.pth", pickle_protocol=4)
    assert same(read_state_dict(tmp_path / "w.pth")["w"], torch.ones(2, 3))


def first_format(tensor_args: tuple[object, ...], numel: int, keys: list[str], view: object = None) -> bytes:
    """A file of torch's first format that is written by hand: ten float32 in storage "7"."""

    class Named:
        def __init__(self, name: str) -> None:
            self.name = name

    class Writer(pickle._Pickler):
        def persistent_id(self, item: object) -> object:
            return ("storage", torch.FloatStorage, "7", "cpu", numel, view) if item is STORAGE else None

    class Rebuilt:
        def __reduce__(self) -> tuple[object, ...]:
            return torch._utils._rebuild_tensor, (STORAGE, *tensor_args)

    stream = io.BytesIO()
    for header in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}):
        pickle.dump(header, stream, protocol=2)
    Writer(stream, protocol=2).dump({"w": Rebuilt()})
    pickle.dump(keys, stream, protocol=2)
    for _ in keys:
        stream.write(numel.to_bytes(8, "little") + np.arange(numel, dtype="<f4").tobytes())
    return stream.getvalue()


STORAGE = object()


def test_a_part_of_a_storage_begins_where_the_first_files_say(tmp_path: Path) -> None:
    (tmp_path / "w.pth").write_bytes(first_format((1, (2, 2), (2, 1)), 10, ["7"], ("v", 3, 6)))
    assert read_state_dict(tmp_path / "w.pth")["w"].tolist() == [[4, 5], [6, 7]]
    assert torch.load(tmp_path / "w.pth", weights_only=True)["w"].tolist() == [[4, 5], [6, 7]]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (first_format((0, (4, 2), (9, 1)), 10, ["7"]), "reaches to value 29 of 10"),
        (first_format((0, (2, 2), (-2, 1)), 10, ["7"]), "impossible strides"),
        (first_format((9, (2,), (1,)), 10, ["7"]), "declares 2 values"),
        (first_format((0, (2, 2), (2, 1)), 10, []), "0 bytes for them"),
        (first_format((0, (2, 2), (2, 1)), 10, ["7", "7"]), "not a checkpoint"),
        (first_format((0, (2, 2), (2, 1)), 10, ["7"], ("v", 8, 6)), "not a checkpoint"),
        (first_format((0, (2, 2), (2, 1)), 10, ["7"])[:-4], "0 bytes for them"),
        (first_format((0, (2, 2), (2,)), 10, ["7"]), "not a checkpoint"),
    ],
)
def test_what_reaches_beyond_its_storage_is_refused(tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "w.pth").write_bytes(data)
    with pytest.raises(CheckpointError, match=says):
        read_state_dict(tmp_path / "w.pth")


def test_tensors_of_safetensors_that_overlap_or_leave_gaps_are_refused(tmp_path: Path) -> None:
    for begins in ((0, 4), (0, 12)):
        entries = {
            name: {"dtype": "F32", "shape": [2], "data_offsets": [begin, begin + 8]}
            for name, begin in zip("ab", begins, strict=True)
        }
        text = json.dumps(entries).encode()
        (tmp_path / "w.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + bytes(begins[1] + 8))
        with pytest.raises(CheckpointError, match=f"'b' begins at byte {begins[1]} of the data instead of 8"):
            read_state_dict(tmp_path / "w.safetensors")


def test_archives_without_checksums_are_read_as_torch_reads_them(tmp_path: Path) -> None:
    before = torch.serialization.get_crc32_options()
    torch.serialization.set_crc32_options(False)
    try:
        torch.save({"w": torch.ones(2, 3)}, tmp_path / "w.pth")
    finally:
        torch.serialization.set_crc32_options(before)
    assert same(read_state_dict(tmp_path / "w.pth")["w"], torch.ones(2, 3))
