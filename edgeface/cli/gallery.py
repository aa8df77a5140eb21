"""`edgeface gallery`."""

from __future__ import annotations

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
    refuse_missing(paths if action == "add" else {"GALLERY": folder, **paths})
    of_add = {**paths, "--aligned": aligned, "--face-threshold": face_threshold, "--replace": replace, "--int8": int8}
    if action == "add":
        from edgeface.cli.enrolling import Enrolling, enroll

        added = enroll(
            folder, items or [], Enrolling(recognizer, detector, aligned, face_threshold, names, replace, int8)
        )
        _report({"added": added}, f"added {added:,}", folder, json_output)
        return
    refuse_given(of_add, f"belongs to `edgeface gallery add`, not to {action}")
    if items and action != "remove":
        raise InputError(f"{action} takes only the gallery", where=items[0], fix="leave it out")
    from edgeface.gallery.gallery import Gallery

    opened = Gallery.open(folder)
    if action == "list":
        _list(opened, json_output)
    elif action == "info":
        _report({}, "", folder, json_output)
    elif action == "remove":
        if not items:
            raise InputError("nobody is named", where="remove", fix="edgeface gallery remove GALLERY NAME...")
        count = opened.remove(items)
        _report({"removed": count}, f"removed {count:,}", folder, json_output)
    elif action == "compact":
        before = opened.bytes
        opened.compact()
        freed = before - opened.bytes
        _report({"freed_bytes": freed}, f"freed {freed / 1e6:,.1f} MB", folder, json_output)
    else:
        opened.check()
        _report({"checked": True}, "every file is as it was written", folder, json_output)


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
