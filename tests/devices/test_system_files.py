from __future__ import annotations

import pytest

from edgeface.devices.system_files import USERLAND, cpu_list, device_root, system_files
from edgeface.devices.table import profile
from edgeface.errors import RuntimeFailure

CPUS = "sys/devices/system/cpu"


@pytest.fixture
def installation(tmp_path):
    """A folder with a userland of one entry."""
    (tmp_path / USERLAND / "usr").mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize(
    ("numbers", "text"), [([0], "0"), ([0, 1, 2, 3], "0-3"), ([5, 0, 1], "0-1,5"), ([0, 2, 4], "0,2,4")]
)
def test_cores_are_listed_as_the_kernel_does(numbers, text):
    assert cpu_list(numbers) == text


def test_clusters_are_described_by_their_cores():
    files = system_files(profile("rk3399"))
    assert files[f"{CPUS}/present"] == "0-5\n"
    assert [files[f"{CPUS}/cpu{i}/topology/core_siblings_list"] for i in range(6)] == ["0-3\n"] * 4 + ["4-5\n"] * 2
    assert files[f"{CPUS}/cpu4/regs/identification/midr_el1"] == "0x00000000410fd082\n"
    assert files[f"{CPUS}/cpu0/regs/identification/midr_el1"] == "0x00000000410fd034\n"
    assert files[f"{CPUS}/cpu5/cache/index1/size"] == "1024K\n"
    assert files[f"{CPUS}/cpu5/cpufreq/cpuinfo_max_freq"] == "1800000\n"
    assert files["proc/cpuinfo"].count("CPU part\t: 0xd03\n") == 4


def test_a_root_is_created_once_and_links_to_the_userland(installation):
    root = device_root(installation, profile("a53"))
    assert (root / "proc/cpuinfo").read_text() == system_files(profile("a53"))["proc/cpuinfo"]
    assert (root / "usr").resolve() == installation / USERLAND / "usr"
    (root / "mark").touch()
    assert device_root(installation, profile("a53")) == root
    assert (root / "mark").exists()
    assert [path.name for path in root.parent.iterdir()] == [root.name]


def test_another_description_has_another_root(installation):
    before = profile("a53")
    retitled = before.model_copy(update={"title": "Another"})  # which none of its files says
    assert device_root(installation, retitled) == device_root(installation, before)
    slower = before.clusters[0].model_copy(update={"max_khz": 1_000_000})
    after = before.model_copy(update={"clusters": (slower,)})
    assert device_root(installation, after) != device_root(installation, before)


def test_a_root_that_cannot_be_created_is_an_error_and_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeFailure, match="Cortex-A53") as caught:
        device_root(tmp_path, profile("a53"))  # there is no userland
    assert "EDGEFACE_CACHE" in str(caught.value.fix)
    assert list((tmp_path / "roots").iterdir()) == []
