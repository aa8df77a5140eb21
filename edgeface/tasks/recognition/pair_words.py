"""The words of lists of pairs, as data: values that say whether two images show one person, and names of columns."""

from __future__ import annotations

import re

LABELS: tuple[tuple[frozenset[str], frozenset[str]], ...] = (
    (frozenset({"1"}), frozenset({"0"})),
    (frozenset({"1"}), frozenset({"-1"})),
    (frozenset({"+1"}), frozenset({"-1"})),
    (frozenset({"1.0"}), frozenset({"0.0"})),
    (frozenset({"1.0"}), frozenset({"-1.0"})),
    (frozenset({"true"}), frozenset({"false"})),
    (frozenset({"same"}), frozenset({"diff", "different", "notsame", "not_same"})),
    (frozenset({"genuine", "match"}), frozenset({"impostor", "imposter", "nonmatch", "mismatch"})),
    (frozenset({"positive", "pos"}), frozenset({"negative", "neg"})),
)
"""Each file's labels are of one row: the same person, and different persons."""

LABEL_COLUMNS = frozenset(
    {
        *("label", "labels", "issame", "same", "target", "targets", "match", "ismatch", "y", "gt", "groundtruth"),
        *("actualissame", "sameperson", "issameperson", "genuine", "isgenuine", "matched", "pairlabel", "class"),
    }
)

_NOUNS = (
    r"(?:file|filename|filepath|path|paths|img|imgs|imgpath|imgname|image|imagepath|imagename|imagefile|face|photo)"
)
_FIRST = re.compile(rf"{_NOUNS}(?:1|01|a|x|first|left)|(?:first|left|1st){_NOUNS}?|{_NOUNS}0|a|x1")
_SECOND = re.compile(rf"{_NOUNS}(?:2|02|b|y|second|right)|(?:second|right|2nd){_NOUNS}?|b|x2")
_ZERO = re.compile(rf"{_NOUNS}0")
_ONE = re.compile(rf"{_NOUNS}1")


def column_of(names: list[str]) -> tuple[int, int, int] | None:
    """Which columns are the first image, the second and the label, by a header's names; None if they do not say.

    Case and separators within names do not matter: "Is_Same" is "issame".
    """
    plain = [re.sub(r"[^a-z0-9+]", "", name.lower()) for name in names]
    first, second = _FIRST, _SECOND
    if any(_ZERO.fullmatch(name) for name in plain):
        first, second = _ZERO, _ONE
    found = [
        [index for index, name in enumerate(plain) if matches(name)]
        for matches in (first.fullmatch, second.fullmatch, LABEL_COLUMNS.__contains__)
    ]
    if any(len(each) != 1 for each in found):
        return None
    return found[0][0], found[1][0], found[2][0]


def verdicts_of(labels: set[str]) -> dict[str, bool] | None:
    """What each label means, of the labels in a column in lower case; None if they are not of one kind."""
    for same, different in LABELS:
        if labels <= same | different:
            return dict.fromkeys(same, True) | dict.fromkeys(different, False)
    return None
