from __future__ import annotations

import os

import pytest

from edgeface.doctor import control_groups
from edgeface.doctor.checks import resources

GIB = 1 << 30


@pytest.fixture
def groups(monkeypatch, tmp_path):
    """Control groups that hold these files; the process is in the group /a/b of each hierarchy."""

    def make(files, listed="0::/a/b\n"):
        own = tmp_path / "own"
        own.write_text(listed)
        monkeypatch.setattr(control_groups, "OWN", own)
        monkeypatch.setattr(control_groups, "MOUNT", tmp_path / "mount")
        for name, text in files.items():
            file = tmp_path / "mount" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    return make


@pytest.fixture
def checks(groups, monkeypatch, tmp_path):
    """Checks on a machine without limits, but for what a test sets."""
    groups({})
    for name in resources.THREADS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(resources, "CLOCKS", tmp_path / "clocks")
    return lambda: {check.name: check for check in resources.look()}


def test_the_lowest_quota_of_the_parent_groups_applies(groups):
    groups({"a/b/cpu.max": "max 100000\n", "a/cpu.max": "150000 100000\n", "cpu.max": "400000 100000\n"})
    assert control_groups.processor_quota() == 1.5


def test_quotas_and_limits_of_cgroup_v1_are_read(groups):
    v1 = {
        "cpu/a/b/cpu.cfs_quota_us": "50000\n",
        "cpu/a/b/cpu.cfs_period_us": "100000\n",
        "cpu/cpu.cfs_quota_us": "-1\n",
        "cpu/cpu.cfs_period_us": "100000\n",
        "memory/a/b/memory.limit_in_bytes": "9223372036854771712\n",
        "memory/a/memory.limit_in_bytes": f"{2 * GIB}\n",
    }
    groups(v1, "4:memory:/a/b\n3:cpu,cpuacct:/a/b\n1:name=systemd:/\n0::/\n")
    assert control_groups.processor_quota() == 0.5
    assert control_groups.memory_limit_bytes() == 2 * GIB


def test_without_control_groups_nothing_is_limited(groups, monkeypatch, tmp_path):
    groups({"a/b/cpu.max": "garbage here too\n", "a/b/memory.max": "max\n"})
    assert (control_groups.processor_quota(), control_groups.memory_limit_bytes()) == (None, None)
    monkeypatch.setattr(control_groups, "OWN", tmp_path / "absent")
    assert (control_groups.processor_quota(), control_groups.memory_limit_bytes()) == (None, None)


def test_a_quota_below_the_cores_is_a_problem_with_a_command(checks, groups, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 2, 3})
    assert checks()["cores"].state == "ok"
    groups({"a/b/cpu.max": "250000 100000\n"})
    check = checks()["cores"]
    assert (check.state, check.fix) == ("problem", "taskset --cpu-list 0,2 edgeface …")
    assert "with a quota of 2.5" in check.found


def test_memory_is_limited_by_machine_and_container(checks, groups, monkeypatch, tmp_path):
    listed = tmp_path / "meminfo"
    listed.write_text(f"MemTotal: {16 << 20} kB\nMemFree: 1 kB\nMemAvailable: {8 << 20} kB\n")
    monkeypatch.setattr(resources, "MEMINFO", listed)
    assert checks()["memory"].found == "8.0 of 16.0 GiB free"
    groups({"a/b/memory.max": f"{GIB // 2}\n"})
    assert checks()["memory"].state == "problem"
    listed.write_text("nonsense")
    assert checks()["memory"].state == "problem"


@pytest.mark.parametrize(("governor", "state"), [("performance", "ok"), ("powersave", "problem")])
def test_clocks_that_follow_the_load_are_a_problem(checks, monkeypatch, tmp_path, governor, state):
    assert checks()["clocks"].state == "ok"
    file = tmp_path / "clocks" / "cpu0" / "cpufreq" / "scaling_governor"
    file.parent.mkdir(parents=True)
    file.write_text(f"{governor}\n")
    assert checks()["clocks"].state == state
    assert governor in checks()["clocks"].found


def test_numbers_of_threads_in_the_environment_are_named(checks, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert checks()["threads"].state == "ok"
    monkeypatch.setenv("MKL_NUM_THREADS", "4")
    check = checks()["threads"]
    assert (check.state, check.fix) == ("problem", "unset MKL_NUM_THREADS")
    assert "MKL_NUM_THREADS=4" in check.found
