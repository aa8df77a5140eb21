from __future__ import annotations

import subprocess
import sys

from edgeface.doctor import Check, Diagnosis, Group, examine
from edgeface.doctor.checks import emulation

HEAVY = ("torch", "onnx", "onnxruntime", "ai_edge_litert", "cv2")


def test_every_module_of_checks_is_a_group_in_order_of_rank():
    titles = [group.title for group in examine().groups]
    assert titles[0] == "Python and edgeface"
    assert titles[-1] == "Storage"
    assert {"Processor", "Runtimes", "GPU", "Emulation"} <= set(titles)


def test_this_environment_lacks_nothing_required():
    assert examine().lacking == ()


def test_only_missing_or_broken_items_have_a_fix():
    for group in examine().groups:
        for check in group.checks:
            assert check.found
            assert check.state != "ok" or check.fix is None


def test_a_check_with_a_missing_import_is_a_problem_without_a_crash(monkeypatch):
    def look():
        raise ImportError("No module named 'numpy'")

    monkeypatch.setattr(emulation, "look", look)
    (group,) = [group for group in examine().groups if group.title == emulation.TITLE]
    assert group.checks == (Check("emulation", "problem", "could not be examined: No module named 'numpy'"),)


def test_a_machine_without_a_required_package_is_still_examined():
    code = (
        "import sys; sys.modules['numpy'] = None\n"
        "from edgeface.doctor import examine\n"
        "for group in examine().groups: print(group.title, [check.state for check in group.checks])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lines = ran.stdout.splitlines()
    assert lines[0].startswith("Python and edgeface ['ok'")
    assert "gpu ['problem']" in lines


def test_only_required_things_make_a_machine_unusable():
    optional, required = Check("a", "missing", "–"), Check("b", "problem", "–", required=True)
    assert Diagnosis((Group("g", (optional,)),)).as_dict()["usable"] is True
    assert Diagnosis((Group("g", (optional, required)),)).lacking == (required,)


def test_no_slow_module_is_imported():
    code = (
        f"from edgeface.doctor import examine; examine(); import sys; print([n for n in {HEAVY} if n in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
