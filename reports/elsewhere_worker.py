"""Runs in one tool's own environment: loads a model there and runs it on stored inputs. Imports nothing of edgeface.

`python elsewhere_worker.py JOB.json`: the job names `tool`, `setting`, `model`, `format`, `input` (name and shape),
`outputs` (names), `inputs` (an .npy, first axis the images), `scratch` (a folder) and `answer` (an .npz of outputs by
number, written where the tool can run models). On the original stdout go lines of JSON, each by its stage:
{"stage": "loaded", "notes": [...]}, {"stage": "ran"}, or {"stage": "refused", "said": a message, "at": a stage}.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

import numpy as np

MEMORY_BYTES = 12 << 30
Run = Callable[[Any], Any]
Loaded = tuple[Run | None, list[str]]


def main() -> None:
    """Do the job; all that native code prints ends up on stderr."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as told:
        os.dup2(2, 1)
        stage = "load"
        try:
            run, notes = _tool(job["tool"])(job)
            _tell(told, stage="loaded", notes=notes)
            stage = "run"
            if run is not None:
                found = [_ordered(run(image), job["outputs"]) for image in np.load(job["inputs"])]
                stacked = {str(number): np.stack(each) for number, each in enumerate(zip(*found, strict=True))}
                np.savez(job["answer"], **stacked)
            _tell(told, stage="ran")
        except BaseException as error:
            said = " ".join(str(error).split())
            _tell(told, stage="refused", at=stage, said=f"{type(error).__name__}: {said}"[:2000])


def _tool(name: str) -> Callable[[Mapping[str, Any]], Loaded]:
    if name in {"iree", "tvm", "vela", "pnnx"}:
        import elsewhere_compilers as home
    else:
        import elsewhere_interpreters as home  # type: ignore[no-redef]
    found: Callable[[Mapping[str, Any]], Loaded] = getattr(home, name)
    return found


def _ordered(made: Any, names: list[str]) -> list[Any]:
    """Outputs in the order of the names; a tool that tells none, or others, gives them in the model's order."""
    if isinstance(made, Mapping):
        made = [made[name] for name in names] if all(name in made for name in names) else list(made.values())
    return [np.asarray(array) for array in made]


def _tell(told: TextIO, **words: Any) -> None:
    told.write(json.dumps(words) + "\n")
    told.flush()


if __name__ == "__main__":
    main()
