"""Refuse options that none of an export's targets can use; what a target can use, it says itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgeface.backends import targets as known_targets
from edgeface.backends.target import Target
from edgeface.compile.request import ExportRequest
from edgeface.core.progress import note
from edgeface.errors import InputError


def refuse_unused(request: ExportRequest, targets: Sequence[Target]) -> None:
    """Refuse an option that no target of the request uses; notes say which targets do not use the others.

    Raises:
        InputError: naming the option, and targets that use it.
    """
    for option, words in _given(request):
        users = [wanted for wanted in targets if option in wanted.options]
        if not users:
            names = ", ".join(wanted.name for wanted in targets)
            could = ", ".join(name for name, each in known_targets().items() if option in each.options)
            raise InputError(
                f"{names} cannot use {words}", where=option, fix=f"leave it out, or export to one of {could}"
            )
        others = [wanted.name for wanted in targets if wanted not in users]
        if others:
            note(f"{', '.join(others)}: {words} is not used, only by {', '.join(each.name for each in users)}")
    _refuse_alone(request)


def _given(request: ExportRequest) -> Iterator[tuple[str, str]]:
    """The options that only some targets use and that were given: their names, and with their values."""
    if request.io != "float":
        yield "--io", f"--io {request.io}"
    named = {
        "--integer-only": request.integer_only,
        "--statistics": request.statistics,
        "--save-statistics": request.save_statistics,
        "--device": request.device,
        "--winograd": request.winograd,
    }
    yield from ((option, option) for option, value in named.items() if value)
    words = list(request.repair.words())
    yield from ((option, f"{option} {value}") for option, value in zip(words[::2], words[1::2], strict=True))
    yield from ((word, word) for word in request.engines.words() if word.startswith("--"))


def _refuse_alone(request: ExportRequest) -> None:
    """Refuse options that mean nothing without another, or beside it."""
    for option, value, needed, other in (
        ("--label-images", request.label_images, "--labels", request.labels),
        ("--pair-images", request.pair_images, "--pairs", request.pairs),
    ):
        if value is not None and other is None:
            raise InputError(f"{option} is of no use without {needed}", where=option, fix=f"pass {needed} too")
    if request.seed is not None and request.weights is not None:
        raise InputError("--seed and --weights exclude each other", fix="leave one of them out")
