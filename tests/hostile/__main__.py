"""Run a campaign, or one input of it again.

python -m tests.hostile                     100,000 inputs of all kinds on two processes
python -m tests.hostile KIND…  --count 500  inputs of some kinds
python -m tests.hostile KIND INDEX          one input, in this process, with its traceback
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from tests.hostile import campaign, report, table  # noqa: E402  # libraries read these when they are loaded
from tests.hostile.case import SEED, case_of, kind_named, kinds  # noqa: E402
from tests.hostile.watch import watch  # noqa: E402

_SAY_EVERY_S = 15.0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description="Hostile inputs through every door.")
    parser.add_argument("kinds", nargs="*", help="kinds of input, or one kind and an index")
    parser.add_argument("--count", type=int, default=100_000, help="number of inputs over all kinds")
    parser.add_argument("--first", type=int, default=0, help="the first index of each kind")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--json", action="store_true", help="print the outcome as one document")
    parser.add_argument("--report", type=Path, help="write the table into this file")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C: processes end, and their folder goes
    if len(options.kinds) == 2 and options.kinds[1].isdecimal():
        return _again(options.kinds[0], int(options.kinds[1]), options.seed)
    return _campaign(options)


def _again(kind: str, index: int, seed: int) -> int:
    kind_named(kind).prepare()
    case = case_of(kind, index, seed)
    print(f"{kind} {index}: {case.note}; files: " + ", ".join(f"{n} ({len(c)} bytes)" for n, c in case.files.items()))
    with tempfile.TemporaryDirectory() as folder:
        outcome = watch(case, Path(folder) / "case", twice=True)
    print(f"{outcome.state}: {outcome.said}\n{outcome.cpu_s * 1000:.0f} ms of CPU, {outcome.peak_mb:.0f} MB")
    return int(outcome.failed)


def _campaign(options: argparse.Namespace) -> int:
    chosen = {name: kind_named(name) for name in options.kinds} or kinds()
    begin = time.monotonic()
    campaign.prepare([kind.prepare for kind in chosen.values()])
    shares = sum(kind.share for kind in chosen.values())
    counts = {name: -(-options.count * kind.share // shares) for name, kind in chosen.items()}
    inputs = [(name, options.first + index) for name in chosen for index in range(counts[name])]
    inputs.sort(key=lambda item: (item[1] - options.first) / counts[item[0]])  # kinds are mixed, so that jobs end alike
    tallies = {name: table.Tally() for name in chosen}
    said = time.monotonic()
    for done, ((name, index), outcome) in enumerate(campaign.run(inputs, options.jobs, options.seed), 1):
        tallies[name].add(index, outcome)
        if time.monotonic() - said > _SAY_EVERY_S and not options.json:
            said = time.monotonic()
            failed = sum(tally.failed for tally in tallies.values())
            print(f"{done:,} of {len(inputs):,} inputs, {failed} failed, {said - begin:.0f} s", flush=True)
    seconds = time.monotonic() - begin
    _show(options, tallies, seconds)
    return int(any(tally.failed for tally in tallies.values()))


def _show(options: argparse.Namespace, tallies: dict[str, table.Tally], seconds: float) -> None:
    failures = table.failures_text(tallies)
    if options.json:
        counts = {name: dict(sorted(tally.states.items())) for name, tally in tallies.items()}
        print(json.dumps({"seconds": round(seconds, 1), "states": counts, "failures": failures.splitlines()}))
        return
    print("\n".join(filter(None, (failures, table.markdown(tallies), f"{seconds:.0f} s on {options.jobs} processes"))))
    if options.report is not None:
        options.report.write_text(report.text(tallies, seconds, options.jobs, options.seed), encoding="utf-8")


sys.exit(main(sys.argv[1:]))
