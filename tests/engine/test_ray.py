"""Ray as an engine, on a real cluster of two machines of two processors each, all on this one."""

from __future__ import annotations

import os
from pathlib import Path

import odd_squares
import pytest
from odd_squares import SQUARES, Squares, squares

from edgeface.engine.ray_engine import Ray
from edgeface.engine.task import parts_of
from edgeface.errors import InputError, RuntimeFailure

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
        node = {"num_cpus": 2, "object_store_memory": 80 << 20}
        cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
        cluster.second = cluster.add_node(**node)
        patch.setenv("RAY_ADDRESS", cluster.address)
        yield cluster
        cluster.shutdown()


def test_a_cluster_gives_the_same_results(cluster):
    assert squares(Ray(), Squares()) == SQUARES


def test_a_lost_worker_costs_its_part_only(cluster, tmp_path):
    assert squares(Ray(), Squares(killed=4, notes=tmp_path)) == SQUARES


def test_an_error_of_a_part_is_the_error_of_the_run(cluster):
    with pytest.raises(InputError) as caught:
        squares(Ray(), Squares(error=5))
    assert caught.value.as_dict() == {
        "error": "InputError",
        "what": "no such number",
        "where": "5",
        "fix": "another one",
    }
    assert "_compute" in str(caught.value.__cause__)


def test_a_part_that_ends_every_worker_is_named(cluster):
    with pytest.raises(RuntimeFailure, match="3 workers ended unexpectedly") as caught:
        squares(Ray(), Squares(killed=4))
    print(caught.value)
    assert caught.value.where == "part 3: 4 to 5 (2)"


def test_a_machine_that_is_lost_changes_nothing(cluster):
    found = {}
    for number, result in Ray().run(Squares(pause_s=0.3), parts_of(range(24), 1)):
        found[number] = [value for value, _ in result]
        if len(found) == 4:
            cluster.remove_node(cluster.second, allow_graceful=False)
    assert found == {number: [number * number] for number in range(24)}
