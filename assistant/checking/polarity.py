"""Whether a sentence denies what its evidence says, or says its opposite; pure.

What is denied is read from the words behind a negation in its clause.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.checking.actors import acts
from assistant.checking.tables import (
    AUXILIARIES,
    DETERMINERS,
    IDEAS,
    OPPOSITES,
    UNCHANGED,
    WANTING,
    alike,
    opposite,
    term,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.checking.reading import Word

# These set two things against each other; a sentence may do so where its source does not.
_CONTRASTS = frozenset(("unlike", "rather", "instead", "except"))
_DENY, _CHANGE = term("deny"), term("change")
_NOT = ("not", "n't", "never", "cannot")
_SCOPE, _HEADS = 5, 2
_UN = ("un", "non", "in", "im")


def _cues(words: Sequence[Word], *, quoted: bool = False) -> list[int]:
    """Give the positions of negations; “refused” is one before “to”, and not before an offer."""
    return [
        at
        for at, word in enumerate(words)
        if word.negation
        and (quoted or not word.quoted)
        and (not word.content or _start(words, at) > at)
        and not _until(words, at)
    ]


def _until(words: Sequence[Word], cue: int) -> bool:
    """Whether “not until” says that something did come."""
    near = [word.folded for word in words[cue + 1 : cue + 6] if word.clause == words[cue].clause]
    return words[cue].folded.endswith(("not", "n't")) and "until" in near


def _start(words: Sequence[Word], cue: int) -> int:
    """Give where that begins which is denied: behind the “that” or “to” of a verb."""
    if not words[cue].content:
        return cue + 1
    near = [word.folded for word in words[cue + 1 : cue + 10]]
    objects = near[:1] and (near[0] in DETERMINERS or words[cue + 1].name)
    if "to" in near and not objects:
        return cue + 2 + near.index("to")
    at = near.index("that") if "that" in near else 0
    asserted = at and (words[cue].term == _DENY or near[at - 1] in IDEAS)
    return cue + 2 + at if asserted or near[:1] == ["that"] else cue


def _denied(words: Sequence[Word], cue: int, most: int) -> list[int]:
    """Give the positions of the content words that a negation bears on: those behind it."""
    clause = words[cue].clause
    found: list[int] = []
    for at in range(_start(words, cue), len(words)):
        word = words[at]
        ends = word.cut or word.folded in {"and", "or"}
        ends = word.clause != clause or (ends and most <= _HEADS)
        if len(found) == most or (found and ends):
            break
        if word.content and not word.negation:
            found.append(at)
    return found


def denies_more(said: Sequence[Word], source: Sequence[Word]) -> bool:
    """Whether the sentence denies something where the evidence denies nothing."""
    there = {word.term for word in source}
    cues = [
        cue
        for cue in _cues(said)
        if said[cue].folded not in _CONTRASTS
        and not (said[cue].content and said[cue].term in there)
    ]
    if not cues:
        return False
    clauses = {said[cue].clause for cue in cues}
    topic = [word for word in said if word.clause in clauses and (word.content or word.name)]
    lacking = [at for at, word in enumerate(source) if word.negation or word.term in WANTING]
    if any(_touches(source, cue, topic) for cue in lacking):
        return False
    denied = {said[at].term for cue in cues for at in _denied(said, cue, _SCOPE)}
    if any(alike(_CHANGE, each) for each in denied) and there & UNCHANGED:
        return False
    return not any(_contrary(word.folded, denied) for word in source)


def _touches(source: Sequence[Word], cue: int, topic: Sequence[Word]) -> bool:
    """Whether a negation stands in a clause that speaks of the same."""
    near = [word for word in source if abs(word.clause - source[cue].clause) <= 1]
    return any(alike(word.term, each.term) for word in near for each in topic)


def _contrary(folded: str, denied: set[str]) -> bool:
    """Whether a word such as “unsigned” denies one of the terms, or any where none is said."""
    return any(
        folded.startswith(un) and (not denied or term(folded.removeprefix(un)) in denied)
        for un in _UN
    )


def denies_less(said: Sequence[Word], source: Sequence[Word]) -> bool:
    """Whether the sentence says what the evidence denies, or denies of one what it says of them."""
    if _names_differ(said, source) or _denies_affirmed(said, source):
        return True
    for cue in _cues(source):
        heads = _denied(source, cue, _HEADS)
        scope = {at for each in _cues(source) for at in _denied(source, each, _SCOPE)}
        for head in heads:
            own = source[head].term
            affirmed = any(at not in scope and word.term == own for at, word in enumerate(source))
            if not affirmed and _affirms(said, own):
                return True
    return False


def _denies_affirmed(said: Sequence[Word], source: Sequence[Word]) -> bool:
    """Whether the word right behind a “not” stands in the evidence, and nowhere denied."""
    denied = {at for each in _cues(source, quoted=True) for at in _denied(source, each, _SCOPE)}
    for cue in _cues(said):
        if not said[cue].folded.endswith(_NOT) or said[cue].content:
            continue
        for head in _denied(said, cue, 1):
            places = [n for n, each in enumerate(source) if each.term == said[head].term]
            if places and not denied & set(places) and not _precedes(source, places):
                return True
    return False


def _precedes(source: Sequence[Word], places: Sequence[int]) -> bool:
    """Whether a word is the subject of what its clause denies: “the word does not occur”."""
    cues = _cues(source, quoted=True)
    return any(
        cue > at and source[cue].clause == source[at].clause for at in places for cue in cues
    )


def _affirms(words: Sequence[Word], own: str) -> bool:
    clauses = {words[cue].clause for cue in _cues(words)}
    denied = {at for cue in _cues(words) for at in _denied(words, cue, _SCOPE)}
    after = {at for cue in _cues(words) if _verbal(words, cue) for at in range(cue)}
    return any(
        word.term == own
        and not word.quoted
        and not (word.clause in clauses and (at in denied or at in after))
        for at, word in enumerate(words)
    )


def _verbal(words: Sequence[Word], cue: int) -> bool:
    """Whether a negation belongs to a verb, so that it bears on the subject before it, too."""
    own = words[cue].folded
    led = words[cue - 1].folded if cue else ""
    return own != "not" or led in AUXILIARIES


def _names_differ(said: Sequence[Word], source: Sequence[Word]) -> bool:
    known = acts(source)
    for act in acts(said):
        if not act.direct:
            continue
        same = [each for each in known if each.verb == act.verb and each.agents & act.agents]
        values = {_is_denied(source, each.at) for each in same}
        if len(values) == 1 and _is_denied(said, act.at) not in values:
            return True
    return False


def _is_denied(words: Sequence[Word], at: int) -> bool:
    return any(at in _denied(words, cue, _HEADS) for cue in _cues(words))


def direction_differs(said: Sequence[Word], source: Sequence[Word]) -> bool:
    """Whether the sentence says up, more or public where the evidence has but the opposite."""
    terms = {word.term for word in source}
    for at, word in enumerate(said):
        if word.quoted or word.name or word.term in terms:
            continue
        if any(opposite(word.term, each.term) for each in said):
            continue
        for one, other in ((a, b) for pair in OPPOSITES for a, b in (pair, pair[::-1])):
            against = other & terms
            if word.term in one and against and not one & terms:
                denied = _is_denied(said, at)
                there = [n for n, each in enumerate(source) if each.term in against]
                if denied == any(_is_denied(source, n) for n in there):
                    return True
    return False
