"""Bundles for each board: its cores and threads everywhere that they are said."""

from __future__ import annotations

import json

import pytest

from edgeface.bundle.archive import open_archive
from edgeface.bundle.boards import boards
from edgeface.bundle.pack import Order, pack_bundle
from edgeface.devices.table import profile

OTHERS = [name for name in boards() if name != "rk3399"]


def test_the_boards_that_people_have_are_known():
    assert {"rk3399", "rk3588", "rpi4", "rpi5"} <= set(boards())


@pytest.mark.parametrize("name", OTHERS)
def test_a_bundle_says_its_board_s_cores_and_threads(name, seeded):
    files, _ = open_archive(pack_bundle(Order(seeded["integer"][0], None, name)), "face.tar.gz")
    board = boards()[name]
    assert len(board.cores) == board.threads
    settings = json.loads(files["bundle.json"])
    assert settings["device"]["cores"] == list(board.cores)
    assert f"inline constexpr int threads = {board.threads};" in files["cpp/face_contract.hpp"].decode()
    service, readme = files["systemd/face.service"].decode(), files["README.md"].decode()
    assert f"CPUAffinity={' '.join(map(str, board.cores))}\n" in service
    assert f"# Faces on a Unix socket, on cores {' '.join(map(str, board.cores))} of the {board.title}." in service
    assert f"- {board.title}: ai-edge-litert" in readme
    assert f"{board.threads} threads" in readme
    counted = any(cluster.core == "a72" for cluster in profile(name).clusters)
    assert ("not on cores of this board" in readme) is not counted
    assert "@" not in service + readme
