"""The command line, one module per command. Importing this imports none of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit.

    Exit codes: 0 done; 1 a gate was not met; 2 bad input or a failing system call; 70 a defect of
    edgeface; 129, 130 or 143 ended by SIGHUP, SIGINT or SIGTERM; 141 stdout was closed by its reader.

    Args:
        arguments: the arguments after the program's name; by default `sys.argv[1:]`.
    """
    # Before numpy and torch read them: their threads spin while waiting, which on busy cores makes them up to twenty
    # times slower than one thread, and sums would depend on the number of cores. Runtimes get their threads by option.
    for name in _THREADS:
        os.environ.setdefault(name, "1")
    given = list(sys.argv[1:] if arguments is None else arguments)
    asking = os.environ.get("_EDGEFACE_COMPLETE")
    if asking is not None:
        from edgeface.cli.completion.answer import answer_shell

        answer_shell(asking, given)
        sys.exit(0)
    from edgeface.cli.reporting import run_reported
    from edgeface.cli.termination import termination_raised

    with termination_raised():
        code = run_reported(_run, given)
    sys.exit(code)


def _run(given: list[str]) -> None:
    from edgeface.cli.app import program
    from edgeface.cli.arguments import arranged
    from edgeface.cli.deprecated import modern
    from edgeface.cli.help_text import program_help
    from edgeface.cli.usage import usage_explained
    from edgeface.core.progress import note

    arguments, old = modern(given)
    for words in old:
        note(f"warning: {words}")
    arguments = arranged(arguments, program())
    if not given:
        print(program_help(program(), "edgeface"), file=sys.stderr)
        sys.exit(2)
    with usage_explained(program(), arguments):
        code = program().main(args=arguments, prog_name="edgeface", standalone_mode=False)
    if isinstance(code, int) and code:
        sys.exit(code)
