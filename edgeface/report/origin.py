"""The report's origin section: what an artifact was made from, by its manifest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edgeface.core.artifact import Manifest
from edgeface.core.description import Table
from edgeface.reading.damage import damage_reported
from edgeface.tasks import task_of

LISTED = 3


def origin(manifest: Manifest) -> tuple[Table, ...]:
    """Tables of sources with hashes, contract, quantization and versions."""
    with damage_reported("manifest", f"of {manifest.name}-{manifest.target}", "export the artifact again"):
        tables = [_sources(manifest), _contract(manifest)]
        if manifest.quantization is not None:
            tables.append(_quantization(manifest.quantization))
    versions = tuple(sorted(manifest.versions.items()))
    return (*tables, Table("Versions", ("package", "version"), versions, left=2))


def _sources(manifest: Manifest) -> Table:
    sources = manifest.sources
    rows = [("model file", name, sha256) for name, sha256 in sorted(manifest.files.items())]
    rows += _recipe(manifest)
    if "weights" in sources:
        rows.append(("weights", sources["weights"]["file"], sources["weights"]["sha256"]))
        stated = sources["weights"].get("threshold")
        if stated is not None:
            rows.append(("threshold of the weights", f"cosine {stated['cosine']:g}: {stated.get('basis', '')}", ""))
    if "seed" in sources:
        rows.append(("weights", f"none: random numbers with seed {sources['seed']}, which find no faces", ""))
    for key, named in (("calibration", "calibrated on"), ("judged_on", "judged on")):
        listed = sources.get(key)
        if listed is not None:
            many = f"{listed['count']} images" if listed["count"] else "no images"
            if listed.get("composed"):
                many = f"{listed['count']} images composed of the two sample photographs"
            rows.append((named, many, listed["sha256"] if listed["count"] else ""))
    return Table("Sources", ("", "what", "SHA-256"), tuple(rows), left=3)


def _recipe(manifest: Manifest) -> Iterator[tuple[str, str, str]]:
    """The recipe's name and hash; nothing where an earlier version did not record it."""
    if manifest.recipe is not None:
        yield "recipe", manifest.recipe.name, manifest.recipe.sha256


def made_words(manifest: Manifest, day: str) -> str:
    """The recipe, the version and the day in one line, e.g. "recipe mobilefacenet (1a2b3c4d5e6f), edgeface 0.7.0".

    Args:
        manifest: the artifact's.
        day: when latencies were measured, as 2026-11-28; empty where they were not, so that reports are the same.
    """
    recipe = manifest.recipe
    parts = [] if recipe is None else [f"recipe {recipe.name} ({recipe.sha256[:12]})"]
    parts += [f"edgeface {manifest.versions['edgeface']}"] if "edgeface" in manifest.versions else []
    return ", ".join([*parts, *([day] if day else [])])


def _contract(manifest: Manifest) -> Table:
    contract = manifest.contract
    image = contract.input
    low, high = image.value_range
    rows = [
        ("variant", contract.variant),
        ("input", f"{image.name}: {image.height}×{image.width} (height × width), {manifest.layout}, {manifest.io}"),
        ("pixels", f"{image.color}, mean {_list(image.mean)}, scale {_list(image.scale)}: {low:g} to {high:g}"),
        *((("fit", "stretched to the whole input"),) if image.fit == "stretch" else ()),
        ("activation", contract.activation or "as in the model file"),
        ("determined by", _how(manifest.sources.get("contract") or {})),
        *_fields(manifest.sources.get("contract") or {}),
    ]
    rows += task_of(contract).contract_rows(contract)
    rows.append(("multiply–accumulates", f"{manifest.macs:,}"))
    return Table("Contract", ("", "what"), tuple(rows), left=2)


def _list(values: tuple[float, ...]) -> str:
    return f"{values[0]:g}" if len(set(values)) == 1 else ", ".join(f"{value:g}" for value in values)


def _fields(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Of a user's model file, how each field is known."""
    for name, told in (found.get("fields") or {}).items():
        yield name, f"{told['value']}: {told['how']}, {told['evidence']}"


def _how(found: dict[str, Any]) -> str:
    how = str(found.get("how", "not stated"))
    if "confidence" in found:
        return f"{how}, confidence {found['confidence']:.2f} by images"
    return how if found.get("checked", True) else f"{how}; not checked on images"


def _quantization(found: dict[str, Any]) -> Table:
    rows: list[tuple[str, ...]] = []
    if "scheme" in found:
        ranges = ", ".join(f"{key} {value}" for key, value in sorted(found["ranges"].items()))
        rows = [
            ("scheme", found["scheme"]),
            ("ranges", ranges),
            ("algorithms", _algorithms(found["algorithms"])),
            ("values by dtype", ", ".join(f"{count} {dtype}" for dtype, count in found["dtypes"].items())),
            ("integers only", _yes(found["integer_only"])),
            ("plan's SHA-256", found["plan_sha256"]),
        ]
    for reason, names in sorted((found.get("kept_float") or {}).items()):
        more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
        rows.append((f"{len(names)} in float", f"{reason}: {', '.join(names[:LISTED])}{more}"))
    return Table("Quantization", ("", "what"), tuple(rows), left=2)


def _algorithms(found: list[dict[str, Any]]) -> str:
    """Algorithms with their parameters, in order of execution."""
    named = (
        entry["name"] + "".join(f" {key}={value}" for key, value in sorted(entry["parameters"].items()))
        for entry in found
    )
    return ", ".join(named) or "none"


def _yes(value: bool) -> str:
    return "yes" if value else "no"
