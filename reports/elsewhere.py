"""Write reports/elsewhere.md: edgeface's artifacts in the runtimes and compilers of others.

Run as `.venv/bin/python reports/elsewhere.py`; it makes an environment for each tool in the work folder (about 3 GB,
as reports/elsewhere-constraints.txt says), and needs ../shared. On two cores that do nothing else it takes about half
an hour, most of it IREE's. `--work DIR` keeps artifacts, environments and cells, and takes up what an earlier run,
whole or cut off, left there; `--only WORD` takes artifacts whose name holds the word, `--tool WORD` tools, and prints
instead of writing the report. `--remembered` runs nothing, and reports what earlier runs found.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from elsewhere_artifacts import FLOAT_ENDS, exported
from elsewhere_tables import mark, report
from elsewhere_tools import LANES, remembered, tried
from subjects import ROOT


def main() -> None:
    """Run every artifact in every tool that reads its format, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=ROOT / ".venv-elsewhere")
    parser.add_argument("--only", default="")
    parser.add_argument("--tool", default="")
    parser.add_argument("--remembered", action="store_true")
    given = parser.parse_args()
    work: Path = given.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    cells, operators = [], {}
    for artifact in exported(work, given.only, given.remembered):
        operators[artifact.name] = artifact.operators()
        lanes = [lane for lane in LANES if artifact.artifact.model_path.suffix[1:] in lane.formats]
        lanes = [lane for lane in lanes if artifact.kind != FLOAT_ENDS or lane.tool == "vela"]
        for lane in (lane for lane in lanes if given.tool in lane.name):
            cell = remembered(artifact, lane, work) if given.remembered else tried(artifact, lane, work)
            if cell is None:
                continue
            cells.append(cell)
            print(f"{artifact.name}, {lane.name}: {mark(cells[-1])}", file=sys.stderr, flush=True)
    text = report(cells, operators)
    if given.only or given.tool:
        sys.stdout.write(text)
    else:
        (ROOT / "reports" / "elsewhere.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
