"""A detector's file that declares nothing: its format by its outputs' shapes, its preprocessing by photographs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from edgeface.contracts import DetectionContract, ImageInput
from edgeface.errors import ContractError
from edgeface.tasks.detection import decoders
from edgeface.tasks.detection.decoding import Documented, Recognized
from edgeface.tasks.detection.formats import format_of, told_apart
from edgeface.tasks.detection.preprocessing import Preprocessing, candidates, documented, of_contract
from edgeface.tasks.detection.score_form import refuse_raw_scores, with_score_form
from edgeface.tasks.detection.settle import Comparison, choose, color_of, compare, judged, levels_of
from edgeface.tasks.undeclared import Evidence, NetworkFile, Settled, Verdict

CONTRADICTED, CONTRADICTED_GAIN = 2.5, 0.5
_GENERIC = Documented("rgb", (0.0, 0.0, 0.0), (1 / 255, 1 / 255, 1 / 255), "")
_FIX = "correct the contract, or leave it out to have it inferred from images"


class UndeclaredDetector:
    """Reads detectors' files."""

    def readings(self, file: NetworkFile) -> list[DetectionContract]:
        """A contract for each format that the outputs' shapes allow, with the usual preprocessing of its source."""
        if file.channels != 3:
            return []
        found = decoders.recognized(file.outputs, file.height, file.width)
        return [_contract(file, name, each) for name, each in found]

    def settle(self, file: NetworkFile, readings: Sequence[DetectionContract], evidence: Evidence) -> Settled:
        """The reading and preprocessing that the images bear out, with a verdict on each field."""
        declared = evidence.declared.get("color")
        readings = [with_score_form(reading, evidence.forward, evidence.images) for reading in readings]
        known = {reading: _documented(file, reading.decoder) for reading in readings}
        contracts = [each.of(reading) for reading, inputs in known.items() for each in candidates(inputs, file.takes)]
        compared = compare(contracts, evidence.forward, evidence.images)
        if not compared.usable:
            return _unsettled(file, readings, compared, declared)
        allowed = [contract for contract in contracts if declared in {None, contract.input.color}]
        best = max(allowed, key=compared.mean)
        reading = next(each for each in readings if format_of(each) == format_of(best))
        own = [contract for contract in allowed if format_of(contract) == format_of(best)]
        first = [each.of(reading) for each in known[reading] if declared in {None, each.color}]
        chosen = choose(_among(compared, own), [contract for contract in first if contract in own] or own)
        verdicts = [*_format_verdict(file, readings, chosen, compared), *_input_verdicts(file, chosen, compared)]
        return Settled(chosen, tuple(_declared(each, declared, chosen, compared) for each in verdicts))

    def check(self, file: NetworkFile, contract: DetectionContract, evidence: Evidence) -> Settled:
        """A declared contract with what the images say about each field.

        Raises:
            ContractError: the images contradict it.
        """
        refuse_raw_scores(contract, evidence.forward, evidence.images)
        own = of_contract(contract)
        others = candidates([own, *_documented(file, contract.decoder)], file.takes)
        if file.takes != "open" and not any(own.like(each) for each in others[1:]):
            others = [own, *(each for each in _documented(file, contract.decoder) if not each.like(own))]
        contracts = [each.of(contract) for each in others]
        compared = compare(contracts, evidence.forward, evidence.images)
        if not compared.usable:
            said = _too_few(compared)
            return Settled(contract, (Verdict("contract", contract.family, "declared", said),), checked=False)
        best = compared.best
        if compared.margin(best, contract) >= CONTRADICTED and compared.gain(best, contract) >= CONTRADICTED_GAIN:
            raise _contradiction(file, contract, best, compared)
        verdicts = _input_verdicts(file, contract, compared)
        return Settled(contract, tuple(_as_declared(each) for each in verdicts))


UNDECLARED = UndeclaredDetector()


def _contract(file: NetworkFile, decoder: str, found: Recognized) -> DetectionContract:
    usual = _documented(file, decoder)[0]
    spec = {"name": file.input, "height": file.height, "width": file.width, **file.stored}
    # as if read from a file: the same checks, and the types that the decoder's parameters have there
    document = {
        "family": file.name,
        "variant": "own",
        "decoder": decoder,
        "parameters": dict(vars(decoders.open_decoder(decoder, found.parameters, file.name))),
        "outputs": _names(found.outputs),
        "input": ImageInput(color="rgb", mean=usual.mean, scale=usual.scale, **spec),
    }
    contract: DetectionContract = usual.of(DetectionContract.model_validate(document))
    return contract


def _names(outputs: Mapping[str, str | tuple[str, ...]]) -> dict[str, str]:
    """Names by role, with a number for each of several scales."""
    flat: dict[str, str] = {}
    for role, names in outputs.items():
        flat |= {role: names} if isinstance(names, str) else {f"{role}_{i}": name for i, name in enumerate(names)}
    return flat


def _documented(file: NetworkFile, decoder: str) -> list[Preprocessing]:
    known = decoders.documented_inputs(decoder) or (_GENERIC,)
    return documented(known, file.takes, file.reversed_channels)


def _among(compared: Comparison, contracts: Sequence[DetectionContract]) -> Comparison:
    return replace(compared, surer={contract: compared.surer[contract] for contract in contracts})


def _format_verdict(
    file: NetworkFile, readings: Sequence[DetectionContract], chosen: DetectionContract, compared: Comparison
) -> Iterator[Verdict]:
    words = told_apart(readings)
    own = words[format_of(chosen)]
    rest = [each for each in readings if format_of(each) != format_of(chosen)]
    if not rest:
        yield Verdict("decoder", own, "inferred", _only(file, chosen))
        return
    others = {}
    for reading in rest:
        same = [contract for contract in compared.surer if format_of(contract) == format_of(reading)]
        others[words[format_of(reading)]] = max(same, key=compared.mean)
    yield judged("decoder", own, compared, chosen, others, decisive=True)


def _only(file: NetworkFile, contract: DetectionContract) -> str:
    return f"{len(file.outputs)} outputs whose numbers and widths only {contract.decoder} has"


def _input_verdicts(file: NetworkFile, chosen: DetectionContract, compared: Comparison) -> Iterator[Verdict]:
    own = [contract for contract in compared.surer if format_of(contract) == format_of(chosen)]
    pre = of_contract(chosen)
    other_color = {color_of(each): each for each in own if of_contract(each).like(pre.flipped)}
    yield judged("input.color", color_of(chosen), compared, chosen, other_color)
    if file.takes == "pixels" and pre.like(Preprocessing(pre.color, (0.0,) * 3, (1.0,) * 3)):
        yield Verdict("input.mean, input.scale", pre.levels, "inferred", f"the graph {file.said}")
        return
    others = {levels_of(each): each for each in own if each.input.color == pre.color and each != chosen}
    yield judged("input.mean, input.scale", pre.levels, compared, chosen, others)


def _declared(verdict: Verdict, color: str | None, chosen: DetectionContract, compared: Comparison) -> Verdict:
    if color is None or verdict.field != "input.color":
        return verdict
    others = [contract for contract in compared.surer if of_contract(contract).like(of_contract(chosen).flipped)]
    if others and compared.beats(others[0], chosen):
        raise ContractError(
            f"the file is declared as color {color}, but on the images it behaves as color {others[0].input.color} "
            f"({compared.margin(others[0], chosen):.1f} standard errors on {compared.faces} faces)",
            where="--color",
            fix="leave it out",
        )
    return _as_declared(verdict)


def _as_declared(verdict: Verdict) -> Verdict:
    said = {"inferred": "confirmed: ", "refused": "unsure: "}.get(verdict.how, "")
    return replace(verdict, how="declared", evidence=said + verdict.evidence)


def _too_few(compared: Comparison) -> str:
    found = {0: "no face was", 1: "only one face was"}.get(compared.faces, f"{compared.faces} faces were")
    return (
        f"{found} found again in {compared.images} images under the usual preprocessings: either they show no large "
        "ones, or the weights are untrained, or the format is another"
    )


def _unsettled(
    file: NetworkFile, readings: Sequence[DetectionContract], compared: Comparison, declared: str | None
) -> Settled:
    contract = readings[0] if declared is None else readings[0].with_color("rgb" if declared == "rgb" else "bgr")
    why = _too_few(compared) if compared.images else "no images to tell"
    words = list(told_apart(readings).values())
    form = Verdict("decoder", words[0], "inferred", _only(file, contract))
    if len(words) > 1:
        form = Verdict("decoder", words[0], "refused", f"{' and '.join(words)} fit the outputs; {why}")
    verdicts = [form, Verdict("input.color", color_of(contract), "refused" if declared is None else "declared", why)]
    told = file.takes == "pixels"
    levels = f"the graph {file.said}" if told else why
    verdicts.append(Verdict("input.mean, input.scale", levels_of(contract), "inferred" if told else "refused", levels))
    return Settled(contract, tuple(verdicts), checked=False)


def _contradiction(
    file: NetworkFile, contract: DetectionContract, best: DetectionContract, compared: Comparison
) -> ContractError:
    declared, shown = of_contract(contract), of_contract(best)
    figures = f"{compared.margin(best, contract):.1f} standard errors on {compared.faces} faces"
    said = f"; the graph {file.said}" if file.said else ""
    if declared.like(shown.flipped):
        ours, theirs = f"color {declared.color}", f"color {shown.color}"
    else:
        ours, theirs = (f"color {each.color}, {each.levels}" for each in (declared, shown))
    return ContractError(
        f"the file is declared as {ours}, but on the images it behaves as {theirs} ({figures}{said})", fix=_FIX
    )
