"""Ray as an engine, on a real cluster of two machines of two processors each, all on this one."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import odd_squares
import pytest

from edgeface.compile.part import Part
from edgeface.compile.request import ExportRequest
from edgeface.engine.dispatch import Dispatch
from edgeface.engine.local import HERE
from edgeface.engine.ray_engine import Ray
from edgeface.evaluation.recognition import RecognitionRequest, evaluate_recognition
from edgeface.exporting.gather import gather

pytestmark = pytest.mark.slow
SESSION = Path(odd_squares.__file__).parent


@pytest.fixture(scope="module")
def cluster():
    """Two machines of two processors, each with a store of 80 MB; `second` is the one that may be removed."""
    from edgeface.engine.ray_cluster import load_ray

    load_ray()
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "disabled")  # else a token is written into the home folder
        patch.setenv("PYTHONPATH", os.pathsep.join([str(SESSION.parents[1]), str(SESSION)]))
        node = {"num_cpus": 2, "object_store_memory": 80 << 20, "include_log_monitor": False}
        head = {**node, "include_dashboard": False, "no_monitor": True}
        cluster = Cluster(initialize_head=True, head_node_args=head)
        cluster.second = cluster.add_node(**node)
        patch.setenv("RAY_ADDRESS", cluster.address)
        yield cluster
        cluster.shutdown()


@dataclass(frozen=True)
class Losing:
    """Ray, but once some parts are done something happens."""

    after: int
    happens: Callable[[], None]

    def run(self, task, parts):
        for count, found in enumerate(Ray().run(task, parts), start=1):
            yield found
            if count == self.after:
                self.happens()


def test_statistics_are_those_of_this_process(cluster, tmp_path, small):
    for engine, file in ((HERE, tmp_path / "here.npz"), (Ray(), tmp_path / "there.npz")):
        files = {"contract": small.contract, "calibration": small.calibration, "save_statistics": file}
        gather(ExportRequest(str(small.model), **files, engine=engine), None, Part())
    assert (tmp_path / "here.npz").read_bytes() == (tmp_path / "there.npz").read_bytes()


def test_a_worker_and_a_machine_that_are_lost_change_nothing_and_nothing_is_printed(
    cluster, tmp_path, capfd, monkeypatch, portrait, faces_artifact, recognizer_artifact
):
    names = [f"P{person}_{number:04d}.png" for person in range(1, 25) for number in (1, 2)]
    for name in names:
        assert cv2.imwrite(str(tmp_path / name), portrait(int(name[1:].split("_")[0]) % 6, 20 * int(name[-5])))
    lines = [f"{names[one]},{names[(one + 1 + other) % 48]},{1 - other}" for one in range(0, 48, 2) for other in (0, 1)]
    (tmp_path / "pairs.csv").write_text("\n".join(lines) + "\n")
    request = RecognitionRequest(tmp_path / "pairs.csv", tmp_path, recognizer_artifact, faces_artifact)
    here = evaluate_recognition(request)
    lost, seen_by_dispatch = [], Dispatch._lost
    monkeypatch.setattr(Dispatch, "_lost", lambda self, *news: (lost.append(news), seen_by_dispatch(self, *news)))
    monkeypatch.setattr("edgeface.evaluation.compute.PART", 2)

    def lose():
        os.kill(workers_of(cluster)[0], signal.SIGKILL)
        cluster.remove_node(cluster.second, allow_graceful=False)

    there = evaluate_recognition(replace(request, engine=Losing(3, lose)))
    assert repr(there.as_dict()) == repr(here.as_dict())
    assert 1 <= len(lost) <= 3
    assert capfd.readouterr() == ("", "")


def workers_of(cluster):
    """The processes of the cluster's workers."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            found[int(folder.name)] = (int(fields[1]), (folder / "cmdline").read_bytes())
    raylets = {process for process, (_, command) in found.items() if cluster.address.encode() in command}
    return [
        process
        for process, (parent, command) in found.items()
        if command.startswith(b"ray::RayWorker") and parent in raylets
    ]
