"""Checks of an export's request that need no image and no weights, and the opening of what it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edgeface.backends import target
from edgeface.backends.target import Target
from edgeface.bundle.boards import Board
from edgeface.compile.artifact_folder import artifact_folder
from edgeface.compile.build import io_of
from edgeface.compile.job import Job
from edgeface.compile.open_job import open_job
from edgeface.compile.quantization import refuse_dtypes
from edgeface.compile.recipe import Recipe
from edgeface.compile.replacing import refuse_other
from edgeface.compile.request import ExportRequest
from edgeface.compile.requested import requested_recipe
from edgeface.compile.told import with_told_model
from edgeface.compile.unused_options import refuse_unused
from edgeface.core.writing import check_replaceable
from edgeface.devices.judging import open_judged
from edgeface.exporting.for_board import board_of, without_board
from edgeface.exporting.for_processor import Wanted, for_prices, processor_of
from edgeface.images.split import Images


@dataclass(frozen=True)
class Checked:
    """A request that may be opened.

    Attributes:
        request: with the model that the weights tell.
        recipe: the recipe of the model.
        targets: each once, in the order of the request.
        board: what the export is for; None if it names no board.
        processor: the class of processors that it is for; None if it names none.
    """

    request: ExportRequest
    recipe: Recipe
    targets: tuple[Target, ...]
    board: Board | None
    processor: Wanted | None = None

    def folder(self, name: str) -> Path:
        """The folder of a target's artifact.

        Raises:
            InputError: it is something else.
        """
        return artifact_folder(self.request.out, self.recipe.model, name)

    def open(self, images: Images) -> Job:
        """The job, with everything that building and judging need.

        Raises:
            InputError: an artifact of another network has the name of one to be made.
            InputError, CheckpointError, ContractError, GraphError: an input cannot be used.
        """
        job = self.opened(images)
        if not self.request.force:
            refuse_other({self.folder(e.name): io_of(self.request.io, e) for e in self.targets}, job.source)
        return job

    def opened(self, images: Images) -> Job:
        """The job, whatever artifacts there are already.

        Raises:
            InputError, CheckpointError, ContractError, GraphError: an input cannot be used.
        """
        priced = for_prices(without_board(self.request, self.board))
        return replace(open_job(priced, self.recipe, images), open_model=open_judged)


def checked_request(request: ExportRequest) -> Checked:
    """A request after the checks that need neither images nor weights.

    Args:
        request: with targets.

    Raises:
        InputError, CheckpointError: an option is of no use, excludes another, or names what is not there; a file could
            not be written.
    """
    board, processor = board_of(request.device), processor_of(request.device)
    request = with_told_model(request)
    recipe = requested_recipe(for_prices(without_board(request, board)))
    targets = tuple(target(name) for name in dict.fromkeys(request.targets))
    of_prices_alone = board is None and processor is None
    refuse_unused(request if of_prices_alone else replace(request, device=None), targets)
    _refuse_early(request, recipe, targets)
    found = Checked(request, recipe, targets, board, processor)
    for wanted in targets:
        found.folder(wanted.name)
    return found


def _refuse_early(request: ExportRequest, recipe: Recipe, targets: Sequence[Target]) -> None:
    """Refuse files that could not be written, and what a target cannot do, before anything is read."""
    if request.save_statistics is not None:
        check_replaceable(request.save_statistics, "the statistics")
    if request.repair.save_recipe is not None:
        check_replaceable(request.repair.save_recipe, "the recipe")
    for wanted in targets:
        refuse_dtypes(recipe.quantize, wanted)
        if wanted.finish is not None:
            wanted.finish.check(request.engines, wanted.name)
