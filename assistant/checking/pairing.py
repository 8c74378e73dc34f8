"""Whether a number, a date or one of two opposites stands beside what is another's; pure.

An item is where it belongs when the words around it stand near it in the evidence, too.
"""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from assistant.checking.reading import APART
from assistant.checking.tables import alike, opposite

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from assistant.checking.reading import Word

# Chosen on the sentences of tests/verify, as they were added.
_CLOSE, _RATIO, _DATE_RATIO, _SWAP_RATIO, _WORD_RATIO, _DOER = 0.6, 1.75, 2.2, 1.4, 1.5, 0.25


def pairs_swapped(said: Sequence[Word], source: Sequence[Word]) -> bool:
    """Whether a number, date or one of two opposites stands beside what belongs to another."""
    told = [word for word in said if _tells(word)]
    there = [word for word in source if _tells(word)]
    if _ranges(told) & {pair[::-1] for pair in _ranges(there)} or _crossed(said, source):
        return True
    return any(
        _misplaced(told, at, there, rival)
        for at, word in enumerate(told)
        for rival in there
        if _rival(word, rival)
    )


def _crossed(said: Sequence[Word], source: Sequence[Word]) -> bool:
    """Whether two opposites, both said and both there, have each other's object behind them."""
    return any(
        opposite(one.term, other.term)
        and _objects(said, one) & _objects(source, other)
        and _objects(said, other) & _objects(source, one)
        for one, other in combinations(said, 2)
    )


def _objects(words: Sequence[Word], item: Word) -> set[str]:
    """Give the word of meaning behind each place where the item's term stands."""
    return {
        after.term
        for before, after in pairwise(word for word in words if _tells(word))
        if before.term == item.term
    }


def _ranges(words: Sequence[Word]) -> set[tuple[Decimal, Decimal]]:
    """Give the numbers of each “from 18 to 31”; between the two stands nothing that tells."""
    return {
        (one.number.value, other.number.value)
        for one, other in pairwise(words)
        if one.number and other.number and one.ranges
    }


def _misplaced(told: Sequence[Word], at: int, there: Sequence[Word], rival: Word) -> bool:
    """Whether a word fits better where another stands; if both are said, whether they swapped."""
    own = _fit(told, at, there, told[at])
    swapped = _fit(told, at, there, rival)
    if not own:
        return False
    ratio = _DATE_RATIO if told[at].date else _RATIO
    for other, word in enumerate(told):
        if _same_item(word, rival):
            own += _fit(told, other, there, rival)
            swapped += _fit(told, other, there, told[at])
            ratio = _SWAP_RATIO
            break
    return swapped > max(_CLOSE, own * (_WORD_RATIO if told[at].content else ratio))


def _fit(told: Sequence[Word], at: int, there: Sequence[Word], item: Word) -> float:
    """Say how near an item of the evidence stands to what surrounds a word in the sentence."""
    near = _neighbours(told, at)
    return max(
        (_nearness(there, n, near) for n, each in enumerate(there) if _same_item(item, each)),
        default=0.0,
    )


def _tells(word: Word) -> bool:
    return word.content or word.name or bool(word.number or word.date)


def _same_item(word: Word, other: Word) -> bool:
    if word.number and other.number:
        return word.number.agrees(other.number)
    if word.number and other.date:
        return word.number.year is not None and word.number.year == other.date.year
    if word.date and other.date:
        return word.date.within(other.date)
    return word.content and word.term == other.term


def _rival(word: Word, other: Word) -> bool:
    if word.number and other.number:
        kinds = {word.number.unit, other.number.unit}
        years = {word.number.year is None, other.number.year is None}
        return not word.number.agrees(other.number) and len(kinds) == 1 == len(years)
    if word.number and other.date:
        return word.number.year is not None and word.number.year != other.date.year
    if word.date and other.date:
        return not word.date.within(other.date)
    return word.content and opposite(word.term, other.term)


def _neighbours(told: Sequence[Word], at: int) -> list[tuple[Word, float]]:
    """Give the words of the same clause and their weight: less when far, little for a doer."""
    figure = bool(told[at].number or told[at].date)
    return [
        (word, (_DOER if word.name and not figure else 1.0) / abs(n - at))
        for n, word in enumerate(told)
        if n != at
        and word.clause == told[at].clause
        and not (figure and (word.number or word.date))
    ]


def _nearness(source: Sequence[Word], item: int, near: Sequence[tuple[Word, float]]) -> float:
    total = 0.0
    for word, weight in near:
        places = [
            abs(n - item)
            for n, each in enumerate(source)
            if n != item and abs(each.clause - source[item].clause) < APART and _same(word, each)
        ]
        total += weight / min(places) if places else 0.0
    return total


def _same(word: Word, other: Word) -> bool:
    return _same_item(word, other) or (word.content and alike(word.term, other.term))
