"""Checks a written sentence against the passages it cites, without a model; pure.

The sentence is read clause by clause. A clause needs evidence: one sentence of a cited passage,
or two that speak of the same one, which hold every number, date, name and quoted word of the
clause and most of its other words. The rest of the passage counts for nothing, so that a number
of one thing cannot bear out another. Then the evidence must not say it of somebody else, deny it,
or say its opposite.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING

from assistant.checking import evidence as ev
from assistant.checking.actors import objects_swapped, roles_swapped
from assistant.checking.coverage import counts, says_more, share
from assistant.checking.pairing import pairs_swapped
from assistant.checking.polarity import denies_less, denies_more, direction_differs
from assistant.checking.reading import Surroundings, Word, groups, read
from assistant.checking.speakers import speaker_swapped
from assistant.french import gloss, is_french

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from assistant.answerers.generative import Written
    from assistant.checking.evidence import Evidence
    from index.passage import Passage, Span

_MARGIN = 0.15
_CANDIDATES = 6
_LEAST_CONTENT = 2
_PERSONS = {"he", "she"}
_ADDRESS = re.compile(r"\w:?//|\bwww\.|\]\(|\bmailto:", re.IGNORECASE)
_DANGLES = re.compile(r"(?:he|she|it|they|his|her|its|their|this|these|those)\b", re.IGNORECASE)


class Fault(StrEnum):
    """Why the passages that a sentence cites do not bear it out."""

    NO_PASSAGE = "it cites no passage"
    ADDRESS = "it holds an address, which citations alone do"
    QUOTE = "words in quotation marks are not there"
    NUMBER = "a number is not there"
    DATE = "a date is not there"
    NAME = "a name is not there"
    SPEAKER = "somebody else says it"
    ROLES = "somebody else does it"
    DENIED = "one of the two denies it"
    OPPOSITE = "the opposite is there"
    PAIRS = "a number belongs to something else"
    NOT_SAID = "it says more than is there"


# A second sentence can supply what one lacks; it cannot take back what one contradicts.
_LACKS = {Fault.QUOTE, Fault.NUMBER, Fault.DATE, Fault.NAME, Fault.NOT_SAID}


@dataclass(frozen=True, slots=True)
class Borne:
    """The evidence for a sentence: stretches of passages, or the fault that was found."""

    spans: tuple[tuple[Passage, Span], ...] = ()
    fault: Fault | None = None


def verify(
    text: str, passages: Sequence[Passage], given: Sequence[Passage] = (), before: str = ""
) -> Borne:
    """Find the sentences of the cited passages that bear out a written sentence.

    Gives one or two sentences of each passage that contributes, or why there is no evidence. From
    all the passages that the writer was `given` come no more than the forenames of persons;
    `before` is the sentence written before it, which says who “he” or “she” is. A French sentence
    over passages that are not French is read by its English gloss.
    """
    if not passages or _ADDRESS.search(text):
        return Borne(fault=Fault.ADDRESS if passages else Fault.NO_PASSAGE)
    if is_french(text) and not any(is_french(each.text) for each in passages):
        text = gloss(text)
    around = Surroundings.of([text, *_texts(passages)])
    offered = ev.offered(passages, around)
    quoted = ev.quotations(text)
    if not all(any(quote in each.text for each in offered) for quote in quoted):
        return Borne(fault=Fault.QUOTE)
    said = ev.without_forenames(read(text, around), _texts([*passages, *given]))
    chosen: list[Evidence] = []
    for unit in _units(said):
        quotes = [quote for quote in quoted if _holds_quote(unit, quote)]
        found, fault = _bear(unit, said, quotes, offered)
        if fault:
            return Borne(fault=fault)
        chosen += found
    if not chosen:
        return Borne(fault=Fault.NOT_SAID)
    if said[0].folded in _PERSONS and not _share_names(read(before, around), chosen):
        return Borne(fault=Fault.SPEAKER)
    return Borne(tuple(dict.fromkeys((each.passage, each.span()) for each in chosen)))


def borne_out(
    written: Sequence[Written], given: Sequence[Passage]
) -> tuple[list[Written], list[Borne]]:
    """Give the sentences that the passages they cite bear out, and the evidence of each.

    A sentence that begins with a pronoun goes with the one before it when that one fails, for
    nobody could tell whom it speaks of.
    """
    kept: list[Written] = []
    evidence: list[Borne] = []
    before, failed = "", False
    for each in written:
        borne = verify(each.text, each.passages, given, before)
        dangles = failed and bool(_DANGLES.match(each.text))
        failed = borne.fault is not None or dangles
        before = each.text
        if not failed:
            kept.append(each)
            evidence.append(borne)
    return kept, evidence


def left_out(count: int) -> str:
    """Say how many sentences are missing, in a line for the reader; nothing where none is."""
    if not count:
        return ""
    if count == 1:
        return "1 sentence that the chat model wrote is left out: the sources do not bear it out."
    return (
        f"{count} sentences that the chat model wrote are left out: "
        "the sources do not bear them out."
    )


def _share_names(before: Sequence[Word], chosen: Sequence[Evidence]) -> bool:
    """Whether the evidence names somebody whom the sentence before names, where both name any."""
    told = {word.term for word in before if word.name}
    there = {word.term for each in chosen for word in each.all if word.name}
    return not told or not there or bool(told & there)


def _texts(passages: Iterable[Passage]) -> Iterator[str]:
    for passage in passages:
        yield from (passage.title, passage.heading)
        yield from (passage.sentence(number) for number in range(len(passage.sentences)))


def _units(said: Sequence[Word]) -> list[list[Word]]:
    """Give the clauses; one that says too little by itself goes with the one before it."""
    units: list[list[Word]] = []
    for number in sorted({word.clause for word in said}):
        clause = [word for word in said if word.clause == number]
        small = sum(counts(word) for word in clause) < _LEAST_CONTENT
        if units and (small or sum(map(counts, units[-1])) < _LEAST_CONTENT):
            units[-1] += clause
        else:
            units.append(clause)
    return units


def _holds_quote(unit: Sequence[Word], quote: str) -> bool:
    own = {word.folded for word in unit if word.quoted}
    return any(word in own for word in quote.split())


def _bear(
    unit: Sequence[Word], said: Sequence[Word], quotes: Sequence[str], offered: Sequence[Evidence]
) -> tuple[list[Evidence], Fault | None]:
    """Find evidence for one clause: a sentence if one will do, else two of the same subject.

    What fits far worse than the best is not asked: of a sentence and its opposite, the passage
    may hold other sentences that merely do not contradict.
    """
    # Of two that hold as much, the one that needs its title less says it more plainly.
    shares = {
        id(each): (share(unit, each.all, each.context), share(unit, each.all, frozenset()))
        for each in offered
    }
    ranked = sorted(offered, key=lambda each: shares[id(each)], reverse=True)[:_CANDIDATES]
    if not ranked:
        return [], Fault.NOT_SAID
    least = shares[id(ranked[0])][0] - _MARGIN
    near = [each for each in ranked if shares[id(each)][0] >= least]
    faults = [(each, _fault(unit, quotes, each)) for each in near]
    against = [(shares[id(each)], fault) for each, fault in faults if fault and fault not in _LACKS]
    for each, fault in faults:
        if not fault and all(level <= shares[id(each)] for level, _ in against):
            return [each], None
    if against:
        return [], against[0][1]
    subject = _subject(unit, said)
    for one, other in combinations(ranked, 2):
        if _speak_of(subject, one, other):
            both = _together(one, other)
            if not _fault(unit, quotes, both, (one, other)):
                return [one, other], None
    return [], faults[0][1]


def _together(one: Evidence, other: Evidence) -> Evidence:
    return replace(
        one,
        words=(*one.words, *ev.later(other.all, one.words)),
        context=one.context | other.context,
        text=f"{one.text} {other.text}",
    )


def _subject(unit: Sequence[Word], said: Sequence[Word]) -> frozenset[str]:
    for words in (unit, said):
        runs = [run for run in groups(words) if not words[run[-1]].owner]
        if runs:
            return frozenset(words[at].term for at in runs[0])
    return frozenset()


def _speak_of(subject: frozenset[str], one: Evidence, other: Evidence) -> bool:
    """Whether both sentences name the subject, or else have words of meaning in common."""
    if not subject:
        first, second = ({word.term for word in each.all if word.content} for each in (one, other))
        return bool(first & second)
    return all(
        2 * len(subject & {word.term for word in each.all}) >= len(subject) for each in (one, other)
    )


def _fault(
    unit: Sequence[Word],
    quotes: Sequence[str],
    evidence: Evidence,
    parts: Sequence[Evidence] = (),
) -> Fault | None:
    """Say what the evidence lacks or contradicts; of two sentences neither may contradict."""
    source, context = evidence.all, evidence.context
    if any(quote not in evidence.text for quote in quotes):
        return Fault.QUOTE
    missing = _missing(unit, source, context)
    if missing:
        return missing
    each_alone = [part for each in parts or (evidence,) for part in (each.words, each.all)]
    for part in each_alone:
        twisted = _twisted(unit, part)
        if twisted:
            return twisted
    if denies_more(unit, source):
        return Fault.DENIED
    if parts and pairs_swapped(unit, source):
        return Fault.PAIRS
    return Fault.NOT_SAID if says_more(unit, source, context) else None


def _missing(unit: Sequence[Word], source: Sequence[Word], context: frozenset[str]) -> Fault | None:
    # The title may say whom a sentence is about, and not whom else it names.
    topic, none = _subject(unit, unit), frozenset[str]()
    for word in unit:
        if word.number and word.folded != "one" and not ev.has_number(word, unit, source):
            return Fault.NUMBER
        if word.date and not ev.has_date(word, source):
            return Fault.DATE
        if word.name and not ev.has_name(word, source, context if word.term in topic else none):
            return Fault.NAME
    return None


def _twisted(unit: Sequence[Word], source: Sequence[Word]) -> Fault | None:
    if speaker_swapped(unit, source):
        return Fault.SPEAKER
    if roles_swapped(unit, source) or objects_swapped(unit, source):
        return Fault.ROLES
    if denies_less(unit, source):
        return Fault.DENIED
    if direction_differs(unit, source):
        return Fault.OPPOSITE
    if pairs_swapped(unit, source):
        return Fault.PAIRS
    return None
