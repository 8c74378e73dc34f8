"""Who is said to have said it: whether a sentence lays words in another's mouth; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.checking.actors import acts
from assistant.checking.reading import groups
from assistant.checking.tables import SPEECH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistant.checking.reading import Word


def speaker_swapped(said: Sequence[Word], source: Sequence[Word]) -> bool:
    """Whether the sentence lays words in the mouth of someone else than the evidence does."""
    known = list(_speakers(source))
    for verb, names in _speakers(said):
        same = [each for each in known if each[0] == verb] or known
        if same and names and not any(names & each[1] for each in same):
            return True
    return False


def _speakers(words: Sequence[Word]) -> Iterator[tuple[str, frozenset[str]]]:
    for act in acts(words):
        behind = _inverted(words, act.at)
        if act.verb in SPEECH and (act.agents or behind):
            yield act.verb, behind or act.agents
    for at, word in enumerate(words[:-1]):
        if word.folded == "according" and (names := _source_named(words, at)):
            yield "according", names
        if word.owner and word.name and words[at + 1].folded in {"view", "reading", "words"}:
            yield "according", frozenset({word.term})


def _source_named(words: Sequence[Word], at: int) -> frozenset[str]:
    """Give the first name behind “according to”, though “the report of” may stand between."""
    clause = words[at].clause
    runs = [run for run in groups(words[at : at + 14]) if words[at + run[0]].clause == clause]
    places = [at + each for run in runs[:1] for each in run]
    # An abbreviation may follow: the International Energy Agency (IEA).
    while places and places[-1] + 1 < len(words) and words[places[-1] + 1].name:
        places.append(places[-1] + 1)
    return frozenset(words[each].term for each in places)


def _inverted(words: Sequence[Word], at: int) -> frozenset[str]:
    """Give the name behind the verb in “…”, said X."""
    after_quote = at > 0 and words[at - 1].quoted and words[at].cut
    return frozenset(
        word.term
        for word in words[at + 1 : at + 12]
        if after_quote and word.name and word.clause == words[at].clause
    )
