"""What the words of `edgeface export` name: a model, a checkpoint, targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgeface.cli.meant import MODELS
from edgeface.cli.options import parse_list
from edgeface.cli.usage import UsageError
from edgeface.errors import InputError, did_you_mean


@dataclass(frozen=True)
class Named:
    """What an export reads and makes.

    Attributes:
        model: a family's name, a recipe's or a model's path; empty where the checkpoint tells it.
        weights: the checkpoint; None without one.
        targets: names of targets, each once; none where one is to be chosen.
    """

    model: str
    weights: Path | None
    targets: tuple[str, ...]


def named_inputs(words: Sequence[str], targets: Sequence[str], weights: Path | None) -> Named:
    """What the words mean: each is a target, a checkpoint or a model, in any order.

    Args:
        words: the words without an option.
        targets: values of --target, each a list separated by commas.
        weights: the value of --weights.

    Raises:
        InputError: a word is something else, or too many of them name the same.
    """
    from edgeface.backends import targets as known
    from edgeface.compile.told import SUFFIXES

    models, checkpoints, wanted = list[str](), list[str](), list(targets)
    for word in words:
        if set(word.split(",")) <= {*known(), ""} and word.strip(","):
            wanted.append(word)
        elif Path(word).suffix.lower() in SUFFIXES:
            checkpoints.append(word)
        else:
            _refuse_strange(word, tuple(known()))
            models.append(word)
    for kind, given in (("model", models), ("checkpoint", checkpoints)):
        if len(given) > 1:
            raise UsageError(f"there are {len(given)} {kind}s: {', '.join(given)}", fix="export one after the other")
    if checkpoints and weights is not None:
        raise InputError(
            "the model is a checkpoint, and there is another one",
            where=f"--weights {weights}",
            fix="leave out one of them",
        )
    listed = parse_list(",".join(wanted), "--target") if wanted else ()
    if checkpoints and not models:
        return Named(checkpoints[0], None, listed)
    return Named("".join(models), Path(checkpoints[0]) if checkpoints else weights, listed)


def _refuse_strange(word: str, targets: Sequence[str]) -> None:
    """Refuse a word that is no model, saying which option it may belong to."""
    path = Path(word)
    if (path / "manifest.json").is_file():
        raise InputError("this is an artifact already", where=word, fix="name what it was exported from")
    if path.is_dir():
        raise InputError("a folder is no model", where=word, fix=f"pass a folder of images as --calibration {word}")
    if path.suffix.lower() in MODELS or path.exists():
        return
    if "/" in word or path.suffix:
        raise InputError("MODEL: there is no such file or folder", where=word, fix="check the path")
    near = did_you_mean(word, targets, 0.75).strip()
    if near:
        raise UsageError(f"{word!r} is no model and no target", fix=f"{near} `edgeface targets` lists all targets")
