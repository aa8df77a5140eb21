from __future__ import annotations

import subprocess
import sys

CODE = """
import threading, numpy as np
from edgeface.core.memory import release_memory

def resident_mib():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 / 2**20

def work():
    held = [np.ones(10_000) for _ in range(5_000)]  # 400 MB in pieces that the C library does not map one by one
    last = held[-1]
    del held
    return last

thread = threading.Thread(target=work)
thread.start(), thread.join()
release_memory()
print(resident_mib())
"""


def test_what_a_thread_held_is_given_back():
    ran = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert float(ran.stdout) < 200
