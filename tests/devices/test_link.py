"""A link to a process that is no honest agent."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest
from in_threads import in_threads

from edgeface.devices.connect import LOOPBACK, connect
from edgeface.devices.emulator import Launch
from edgeface.devices.link import MAX_STDERR_BYTES, Link, printable
from edgeface.devices.runner import DeviceRunner, Loading
from edgeface.devices.state import checked_state, device_state
from edgeface.errors import RuntimeFailure

# It greets as an agent does, and answers every request with what `reply` returns.
FALSE_AGENT = """
import json, struct, sys
given = json.loads(sys.stdin.buffer.readline())
nonce = given["nonce"]
out = sys.stdout.buffer
out.write(("\\n" + nonce + "\\n").encode()); out.flush()
def frame(payload=b"", **head):
    text = json.dumps({"nonce": nonce, "number": 0, "arrays": [], **head}).encode()
    return struct.pack(">I", len(text)) + text + payload
number = 0
while True:
    size = struct.unpack(">I", sys.stdin.buffer.read(4))[0]
    head = json.loads(sys.stdin.buffer.read(size))
    widths = {"int8": 1, "uint8": 1, "float32": 4}
    for _, dtype, shape in head["arrays"]:
        count = widths[dtype]
        for side in shape: count *= side
        sys.stdin.buffer.read(count)
    out.write(REPLY); out.flush()
    number += 1
"""


def false_link(reply):
    source = FALSE_AGENT.replace("REPLY", reply)
    return Link(Launch([sys.executable, "-c", source], dict(os.environ)), "false")


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        ("frame(nonce='0' * 32)", "another request"),
        ("frame(number=7)", "another request"),
        ("b'\\0\\0\\0\\2{}'", "without a list of arrays"),
        ("b'Segmentation fault\\n'", "a head of"),
        ("frame(arrays=[['0', 'int8', [1 << 30]]])", "were requested"),
        ("frame(error='\\x1b[31m' + 'no' * 9999)", r"says: \[31mnono"),
        ("exit(3)", "it ended"),
    ],
)
def test_an_invalid_answer_ends_the_session(reply, says):
    with false_link(reply) as link, pytest.raises(RuntimeFailure, match=says) as caught:
        link.ask({"do": "describe"})
    assert len(str(caught.value)) < 1000
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    "reply",
    [
        "frame(version='1')",
        "frame(b'\\0' * 4, version='1', number=number, arrays=[['0', 'int8', [4]]] if number else [])",
        "frame(b'\\0' * 4, version='1', number=number, arrays=[['../../x', 'int8', [4]]] if number else [])",
    ],
)
def test_outputs_of_another_shape_or_name_are_refused(reply, integer_model, int8_feeds):
    with false_link(reply) as link:
        runner = DeviceRunner(link, integer_model, Loading())
        with pytest.raises(RuntimeFailure):
            runner.run(int8_feeds)


@pytest.mark.parametrize("found", ["[-1.0]", "[float('nan')]", "['fast']", "[1.0, 1.0]", "None"])
def test_invalid_latencies_are_refused(found, integer_model):
    with false_link(f"frame(version='1', ms={found}, number=number)") as link:
        runner = DeviceRunner(link, integer_model, Loading())
        with pytest.raises(RuntimeFailure, match="latencies"):
            runner.latencies_ms(1, 0)


def test_a_device_that_never_answers_times_out():
    with false_link("b''") as link, pytest.raises(RuntimeFailure, match="no answer in time"):
        link.ask({"do": "describe"}, timeout_s=0.3)


def test_a_device_that_does_not_read_times_out():
    silent = Launch([sys.executable, "-c", FALSE_AGENT.partition("number = 0")[0] + "import time; time.sleep(60)"], {})
    with Link(silent, "false") as link, pytest.raises(RuntimeFailure, match="does not read its input"):
        link.ask({"do": "load"}, {"model": np.zeros(1 << 24, np.uint8)}, timeout_s=0.3)


def test_a_device_s_stderr_is_limited():
    with false_link("(sys.stderr.write('x' * (1 << 22)), exit(1))[0]") as link:
        with pytest.raises(RuntimeFailure):
            link.ask({"do": "describe"})
        assert len(link._stderr) <= MAX_STDERR_BYTES


def test_a_missing_program_is_an_error():
    with pytest.raises(RuntimeFailure, match="cannot start nothing-of-this-name"):
        Link(Launch(["nothing-of-this-name"], {}), "false")


def test_control_characters_are_never_shown():
    assert printable("a\x1b]0;x\x07\nb\u202ec\x00") == "a ]0;x b c"
    assert len(printable("x" * 10_000)) == 300


def test_this_machine_is_described_like_a_device():
    with connect(LOOPBACK) as link:
        state = device_state(link)
    assert state.python == ".".join(map(str, sys.version_info[:3]))
    assert len(state.allowed) >= 1


STATE = {"architecture": "aarch64", "kernel": "6.1", "python": "3.11", "model": None, "allowed": [0]}
CPU = {"index": 0, "part": 0xD08, "max_khz": 1_800_000, "now_khz": 600_000, "governor": "ondemand"}


@pytest.mark.parametrize(
    "change",
    [
        {"cpus": [CPU] * 65},
        {"cpus": [{**CPU, "index": 64}]},
        {"cpus": [{**CPU, "max_khz": "fast"}]},
        {"cpus": [{**CPU, "more": 1}]},
        {"zones": [{"name": "x", "celsius": float("nan")}]},
        {"kernel": "x" * 401},
        {"surprise": 1},
    ],
)
def test_an_invalid_description_is_refused(change):
    with pytest.raises(RuntimeFailure, match="description of itself"):
        checked_state({**STATE, "cpus": [CPU], "zones": [], **change}, "board")


def test_unreliable_latencies_give_warnings():
    hot = [{"name": "soc\x1b", "celsius": 91.5}]
    state = checked_state({**STATE, "cpus": [CPU], "zones": hot}, "board")
    assert state.warnings() == [
        "the governor is ondemand: clocks follow the load; set it to performance",
        "processors below their highest clock: 0 at 600 of 1800 MHz",
        "warm: soc 92 °C",
    ]
    good = {**CPU, "governor": "performance", "now_khz": 1_800_000}
    cool = [{"name": "soc", "celsius": 40.0}]
    assert checked_state({**STATE, "cpus": [good], "zones": cool}, "board").warnings() == []


def test_threads_share_a_session(built):
    model = built["float"].model_path
    with connect(LOOPBACK) as link:
        runner = DeviceRunner(link, model, Loading())
        (spec,) = runner.inputs
        shown = [{spec.name: np.random.default_rng(n).normal(size=spec.shape).astype(np.float32)} for n in range(5)]

        def run(feeds):
            return {name: array.tobytes() for name, array in runner.run(feeds).items()}

        alone = [run(feeds) for feeds in shown]
        assert len({str(each) for each in alone}) == len(shown)
        assert in_threads(run, shown * 8) == alone * 8
