"""How much of a clause its evidence holds, whatever the words mean together; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.checking.evidence import has_date, has_name, has_number, known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.checking.reading import Word

# Chosen on the sentences of tests/verify, as they were added.
MAX_LACK, MAX_RUN, TAIL = 0.4, 2, 2


def counts(word: Word) -> bool:
    """Whether a word, name, number or date says something by itself."""
    return word.content or word.name or word.number is not None or word.date is not None


def share(unit: Sequence[Word], source: Sequence[Word], context: frozenset[str]) -> float:
    """Give the share of the clause's words of meaning that the evidence holds."""
    found = [_held(word, unit, source, context) for word in unit if counts(word)]
    return sum(found) / len(found) if found else 0.0


def _held(
    word: Word, unit: Sequence[Word], source: Sequence[Word], context: frozenset[str]
) -> bool:
    if word.number:
        return has_number(word, unit, source)
    if word.date:
        return has_date(word, source)
    if word.name:
        return has_name(word, source, context)
    return known(word, source, context)


def says_more(unit: Sequence[Word], source: Sequence[Word], context: frozenset[str]) -> bool:
    """Whether the clause says more than the evidence holds: too many words, or the last ones."""
    words = [word for word in unit if counts(word)]
    lacking = [not _held(word, unit, source, context) for word in words]
    # What is new in a sentence comes last in English, where an addition would stand.
    added = len(lacking) > TAIL and all(lacking[-TAIL:])
    told = [lacks for word, lacks in zip(words, lacking, strict=True) if not word.name]
    added = added or (lacking[-1:] == [True] and sum(told) > MAX_LACK * len(told))
    return added or sum(lacking) > MAX_LACK * len(words) or _run(lacking) > MAX_RUN


def _run(lacking: Sequence[bool]) -> int:
    """Give the longest run of words of meaning that the evidence lacks."""
    longest = run = 0
    for lacks in lacking:
        run = run + 1 if lacks else 0
        longest = max(longest, run)
    return longest
