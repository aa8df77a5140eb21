"""Sentences on which of an export's targets is the quickest on a class of processors, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence

from edgeface.backends import target
from edgeface.bench.fastest import SAME
from edgeface.core.processor_record import Basis, TargetRecord, Took
from edgeface.exporting.for_processor import shipped_with

NOT_LOST = frozenset({"passed", "not judged"})


def overlap(one: Took, other: Took) -> bool:
    """Whether two times are not told apart: what is known of one may be what is known of the other."""
    return one.low <= SAME * other.high and other.low <= SAME * one.high


def explained(record: TargetRecord, best: TargetRecord, basis: Basis) -> TargetRecord:
    """A record with the reason for its not being chosen, if it was not refused."""
    if record.target == best.target:
        return record.model_copy(update={"chosen": True})
    if record.gate not in NOT_LOST or record.took is None or best.took is None:
        return record
    if overlap(record.took, best.took):
        return record.model_copy(update={"why": "no difference measured" if _measured(basis) else "not told apart"})
    times = record.took.ratio / best.took.ratio
    return record.model_copy(update={"why": f"{'' if _measured(basis) else 'predicted '}{times:.2f} × as long"})


def why(best: TargetRecord, records: Sequence[TargetRecord], title: str, basis: Basis) -> str:
    """Which target is the quickest that passes, what else is as quick, and how to ship it."""
    known = [each for each in records if each.took is not None and each.gate != "not built"]
    if best.took is None:
        said = f"{best.target} is the first target that passes the gate; nothing is known of times on {title}"
    elif len(known) == 1:
        said = f"{best.target} is the only target whose time on {title} is known"
    else:
        how = "was measured" if _measured(basis) else "is predicted"
        said = f"of {len(known)} targets {best.target} {how} to be the quickest on {title} that passes the gate"
    near = [each for each in records if _as_quick(each, best)]
    if near:
        smaller = [each.target for each in near if (each.model_bytes or 0) and _smaller(each, best)]
        said += f"; {_names(near)} {'are' if len(near) > 1 else 'is'} not told apart from it"
        said += f" ({' and '.join(smaller)} smaller)" if smaller else ""
    return f"{said}. Ship it with {shipped_with(target(best.target))}"


def _as_quick(each: TargetRecord, best: TargetRecord) -> bool:
    if each.target == best.target or each.gate not in NOT_LOST or each.took is None or best.took is None:
        return False
    return overlap(each.took, best.took)


def _smaller(each: TargetRecord, best: TargetRecord) -> bool:
    return best.model_bytes is not None and each.model_bytes is not None and each.model_bytes < best.model_bytes


def _names(records: Sequence[TargetRecord]) -> str:
    return " and ".join(each.target for each in records)


def _measured(basis: Basis) -> bool:
    return basis == "measured here"
