"""`edgeface gallery`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from edgeface.cli.face_options import Aligned, FaceThreshold, OptionalDetectorFolder
from edgeface.cli.options import Json, refuse_given
from edgeface.cli.reporting import print_json
from edgeface.errors import InputError
from edgeface.reading.existing import refuse_missing

if TYPE_CHECKING:
    from edgeface.gallery.gallery import Gallery

EXAMPLES = (
    "edgeface gallery add staff people/ --detector out/retinaface_mnet025-tflite-int8 "
    "--recognizer out/mobilefacenet-tflite-int8",
    "edgeface gallery add staff embeddings.npy --names names.txt --recognizer out/mobilefacenet-tflite-int8",
    "edgeface gallery remove staff 'Ann Smith'",
)

Done = tuple[dict[str, Any], str]
"""What was done, for JSON and as text."""

Action = Literal["add", "list", "info", "remove", "compact", "check"]


def gallery(
    action: Annotated[Action, typer.Argument(help="add, list, info, remove, compact or check.")],
    folder: Annotated[Path, typer.Argument(metavar="GALLERY", help="The gallery's folder.")],
    items: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ITEM]...", help="Of add: a folder of people, or embeddings. Of remove: names."),
    ] = None,
    recognizer: Annotated[
        Path | None, typer.Option("--recognizer", help="Of add: the recognizer's artifact folder.")
    ] = None,
    detector: OptionalDetectorFolder = None,
    aligned: Aligned = False,
    face_threshold: FaceThreshold = None,
    names: Annotated[
        Path | None, typer.Option(help="Of embeddings: a text file with a name a line, one for each row.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace people who are in the gallery already.")] = False,
    int8: Annotated[
        bool, typer.Option("--int8", help="Of a new gallery: keep bytes instead of floats, a quarter of the size.")
    ] = False,
    json_output: Json = False,
) -> None:
    """Make, change and look at a gallery: people by name, whose faces `edgeface identify` looks up.

    add takes a folder with a sub-folder of images, or one image, named after each person; or embeddings, a .npy file
    or what `edgeface embed --out` wrote, and their --names. It creates the gallery where there is none. list prints
    the names, info what the gallery is; remove takes names, and compact then frees their space; check reads every
    file and compares it with its SHA-256.
    """
    paths = {"--recognizer": recognizer, "--detector": detector, "--names": names}
    of_add = {**paths, "--aligned": aligned, "--face-threshold": face_threshold, "--replace": replace, "--int8": int8}
    refuse_missing(paths if action == "add" else {"GALLERY": folder, **paths})
    if action == "add":
        from edgeface.cli.enrolling import Enrolling, enroll

        given = Enrolling(recognizer, detector, aligned, face_threshold, names, replace, int8)
        added = enroll(folder, items or [], given)
        _report({"added": added}, f"added {added:,}", folder, json_output)
        return
    refuse_given(of_add, f"belongs to `edgeface gallery add`, not to {action}")
    if items and action != "remove":
        raise InputError(f"{action} takes only the gallery", where=items[0], fix="leave it out")
    from edgeface.gallery.gallery import Gallery

    opened = Gallery.open(folder)
    if action == "list":
        _list(opened, json_output)
    else:
        done, said = _DO[action](opened, items or [])
        _report(done, said, folder, json_output)


def _info(opened: Gallery, items: Sequence[str]) -> Done:  # noqa: ARG001 (as each of them)
    return {}, ""


def _remove(opened: Gallery, items: Sequence[str]) -> Done:
    if not items:
        raise InputError("nobody is named", where="remove", fix="edgeface gallery remove GALLERY NAME...")
    count = opened.remove(items)
    return {"removed": count}, f"removed {count:,}"


def _compact(opened: Gallery, items: Sequence[str]) -> Done:  # noqa: ARG001
    before = opened.bytes
    opened.compact()
    freed = before - opened.bytes
    return {"freed_bytes": freed}, f"freed {freed / 1e6:,.1f} MB"


def _check(opened: Gallery, items: Sequence[str]) -> Done:  # noqa: ARG001
    opened.check()
    return {"checked": True}, "every file is as it was written"


_DO: dict[str, Callable[[Gallery, Sequence[str]], Done]] = {
    "info": _info,
    "remove": _remove,
    "compact": _compact,
    "check": _check,
}


def _list(opened: Gallery, json_output: bool) -> None:
    if json_output:
        print_json({"people": opened.names})
        return
    for name in opened.names:
        print(name)


def _report(done: dict[str, Any], said: str, folder: Path, json_output: bool) -> None:
    """What was done, and what the gallery is now."""
    from edgeface.gallery.gallery import Gallery

    opened = Gallery.open(folder)
    if json_output:
        print_json(done | opened.described())
        return
    made = opened.recognizer
    size = f"{opened.bytes / 1e6:,.1f} MB in {len(opened.manifest.segments)} segment(s)"
    held = f"{len(opened):,} people, {opened.width} numbers each as {opened.manifest.precision}, {size}"
    print(f"{said}{': ' if said else ''}{held}, by {made.name} {made.target}")
