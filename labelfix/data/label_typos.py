"""Rare labels that are one typo away from a common one.

Two labels one edit apart share a form with one character left out (the symmetric deletions of
Garbe, 2012, and of Mor and Fraenkel, 1982), so only such pairs are compared. An edit distance
alone would not do: which characters the edit changes decides, too.
"""

from collections.abc import Iterator, Mapping

SHORTEST, LONGEST = 5, 64
"""Characters of a label that may be a typo; most shorter labels are one edit apart."""

SHORTEST_WORD = 4
"""Characters of the word that holds the typo: `type I` and `type II` are two classes."""

LARGEST_SHARE = 0.02
"""Rows of the rare label at most, as a share of the common one's, which so has 50 rows at least."""

MOST_COMPARED = 8
"""Common labels, the commonest first, that a rare one is compared with at each deletion."""


def typos_of(
    rows: Mapping[str, int], rare: Mapping[str, int], largest_share: float = LARGEST_SHARE
) -> dict[str, str]:
    """The common label that each rare one is a typo of, if any.

    Args:
        rows: how many rows each label has.
        rare: the labels that may be typos, with their rows.
        largest_share: rows of a typo at most, as a share of the common label's.

    Returns:
        By the rare label, the commonest one that it may stand for.
    """
    common = _by_deletion(rows, largest_share)
    found = {}
    for label, number in rare.items():
        near = {
            other
            for deletion in (label, *_deletions(label))
            for other in common.get(deletion, ())
            if number <= largest_share * rows[other] and _is_typo(label, other)
        }
        if near:
            found[label] = min(near, key=lambda other: (-rows[other], other))
    return found


def _by_deletion(rows: Mapping[str, int], largest_share: float) -> dict[str, list[str]]:
    """The common labels, the commonest first, by themselves and by their deletions."""
    common: dict[str, list[str]] = {}
    ranked = sorted(
        (label for label, number in rows.items() if largest_share * number >= 1),
        key=lambda label: (-rows[label], label),
    )
    for label in ranked:
        for deletion in dict.fromkeys((label, *_deletions(label))):
            same = common.setdefault(deletion, [])
            if len(same) < MOST_COMPARED:
                same.append(label)
    return common


def _deletions(label: str) -> Iterator[str]:
    """A label without each of its characters in turn, if its length allows a typo."""
    if SHORTEST <= len(label) <= LONGEST:
        for position in range(len(label)):
            yield label[:position] + label[position + 1 :]


def _is_typo(label: str, other: str) -> bool:
    """Whether one insertion, deletion, substitution or swap outside of numbers leads to another."""
    if label == other or min(len(label), len(other)) < SHORTEST:
        return False
    start = _common_start(label, other)
    most = min(len(label), len(other)) - start
    end = min(most, _common_start(label[::-1], other[::-1]))
    one, two = label[start : len(label) - end], other[start : len(other) - end]
    is_swap = len(one) == 2 and one == two[::-1]
    if not (is_swap or max(len(one), len(two)) == 1) or any(c.isnumeric() for c in one + two):
        return False
    if " " in one + two:
        return True
    return min(len(_word_at(label, start)), len(_word_at(other, start))) >= SHORTEST_WORD


def _common_start(label: str, other: str) -> int:
    """How many characters two labels begin with alike."""
    pairs = zip(label, other, strict=False)
    same = next((position for position, (a, b) in enumerate(pairs) if a != b), None)
    return min(len(label), len(other)) if same is None else same


def _word_at(label: str, position: int) -> str:
    """The word of a label at, or just before, a position."""
    return label[: position + 1].rpartition(" ")[2] + label[position + 1 :].partition(" ")[0]
