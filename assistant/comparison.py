"""Takes a question about several names apart, and says which sentence is about which name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from index.terms import terms

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from assistant.answerers.extractive import Candidate

MAX_NAMES = 3
_PARTICLES = r"(?:the\s+)?(?:(?:von|van|de)\s+(?:(?:der|den|la)\s+)?)?"
ONE_NAME = _PARTICLES + r"[A-ZÀ-Þ][\w’'-]*(?:\s+(?:of\s+|de\s+)?[A-ZÀ-Þ][\w’'-]*)*"
ASKING = {"who", "what", "when", "where", "why", "how", "which", "whose", "did", "does", "do"}
ASKING |= {"is", "are", "was", "were", "can", "could", "has", "have", "and", "but", "tell", "in"}

_LISTED = r"\s*,\s+(?:and\s+|or\s+)?|\s+(?:and|or|et|ou|vs\.?|versus)\s+"
_AGAINST = r"\s+(?:differ(?:ent)?\s+|compared?\s+)?(?:from|to|with|than)\s+"
_HOW = r"\b[Hh]ow\s+(?:do|does|did|is|are|was|were)\s+"
_MARKS = " ?!.,;:"
_REST = r"(?P<rest>.*)$"


def _names(between: str) -> str:
    return rf"(?P<names>{ONE_NAME}(?:(?:{between}){ONE_NAME})+)"


_NAMES = re.compile(rf"\b{_names(_LISTED)}")
_BETWEEN = re.compile(rf"{_LISTED}|{_AGAINST}")
_COMPARES = (
    re.compile(rf"\b[Dd]ifferences?\s+between\s+{_names(_LISTED)}{_REST}"),
    re.compile(rf"\b(?:[Cc]ompare|[Cc]ontrast)\s+{_names(f'{_LISTED}|{_AGAINST}')}{_REST}"),
    re.compile(rf"{_HOW}{_names(_AGAINST)}{_REST}"),
    re.compile(rf"{_HOW}{_names(_LISTED)}\s+(?:differ(?:ent)?|compare)\b{_REST}"),
)


def questions_by_name(text: str) -> dict[str, str]:
    """Give, for each of the two or three names that a question asks about, the question of it.

    “Why did the UK and the US not sign?” asks why the UK did not sign, and why the US did not.
    “Compare Bletchley and Paris” and “How did Bletchley differ from Paris?” ask what each is; what
    comes behind the names, as in “Compare UK and US reasons”, is asked of each. Nothing is given
    where what is asked lies between the names.
    """
    for pattern in _COMPARES:
        if found := pattern.search(text):
            rest = found["rest"].strip(_MARKS)
            return _by_label(
                (name, f"{name[0].upper()}{name[1:]} {rest}?" if rest else f"What is {name}?")
                for name in _BETWEEN.split(found["names"])
            )
    listed = _NAMES.search(text)
    if not listed or re.search(r"\bbetween\s+(?:\w+\s+){0,4}$", text[: listed.start()]):
        return {}
    first, *others = re.split(_LISTED, listed["names"])
    asking = re.match(rf"(?:(?:{'|'.join(sorted(ASKING))})\s+)*", first, re.IGNORECASE)
    start = listed.start() + (asking.end() if asking else 0)
    names = [first[start - listed.start() :], *others]
    if not (text[:start] + text[listed.end() :]).strip(_MARKS):
        return _by_label((name, f"What is {name}?") for name in names)
    return _by_label((name, text[:start] + name + text[listed.end() :]) for name in names)


def about(candidate: Candidate, answers: Mapping[str, Candidate | None]) -> str:
    """Give the one name that a sentence is about; empty where it is about none or several.

    `answers` are the likeliest answer for each name. A sentence is about the name that it holds,
    or else what it stands under; where that tells nothing, about the name that it answers for. One
    that holds several is about the first of them, provided that it answers for this one.
    """
    passage = candidate.hit.passage
    answered = [
        name
        for name, best in answers.items()
        if best and (best.hit.passage.id, best.number) == (passage.id, candidate.number)
    ]
    held = named_in(candidate.text, answers) or named_in(
        f"{passage.title} . {passage.heading}", answers
    )
    if len(held) == 1:
        return held[0]
    first = [held[0]] if held else answered
    return answered[0] if len(answered) == 1 and answered == first else ""


def named_in(text: str, names: Collection[str]) -> list[str]:
    """Give those of the names that a text holds, in its order; names of one thing are one."""
    said = terms(text)
    places = {name: [said.index(term) for term in terms(name) if term in said] for name in names}
    held = [name for name in names if len(places[name]) == len(terms(name))]
    return sorted(held, key=lambda name: min(places[name], default=0))


def _by_label(questions: Iterator[tuple[str, str]]) -> dict[str, str]:
    """Give the questions under names without article and possessive ending."""
    found = {
        re.sub(r"^the\s+|['’]s$", "", name, flags=re.IGNORECASE): question
        for name, question in questions
    }
    return found if 1 < len(found) <= MAX_NAMES and "" not in found else {}
