"""Reads a sentence into what can be compared: terms, names, numbers, dates, clauses; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.checking.figures import (
    DATE,
    NUMBER,
    Date,
    Number,
    date_of,
    joined,
    number_of,
    unit_of,
)
from assistant.checking.tables import (
    CANONICAL,
    DENIALS,
    IRREGULAR,
    NAMES,
    NEGATIONS,
    ROLES,
    SPEECH,
    UNITS,
    in_table,
    meaning,
    term,
)
from index.terms import canonical, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_TOKEN = re.compile(
    rf"(?P<date>{DATE})|(?P<number>{NUMBER})|(?P<word>[^\W\d_]+(?:[’'][^\W\d_]+)?)"
    r"|(?P<mark>[.,;:—()“”\"«»])"
)
_BREAKS = frozenset(("but", "while", "whereas", "although", "though", "which", "who", "where"))
_AFTER_COMMA = _BREAKS | frozenset(("and", "when", "or"))
APART = 10  # so many clauses lie between the last of one sentence and the next sentence
_NEEDS = {"rather": ("than",), "instead": ("of",)}
_VERBS_AFTER_NAMES = frozenset(
    ("is", "was", "has", "had", "will", "did", "does", "would", "can", "could", "may", "might")
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word, number or date of a sentence.

    `term` is its stem, `content` whether it carries meaning, `clause` counts the clauses from 0,
    `quoted` whether it stands between quotation marks, `owner` whether it ends in 's, `cut` whether
    a punctuation mark stands before it, and `hyphen` whether a hyphen does.
    `ranges` says that it stands behind “from”.
    """

    folded: str
    term: str
    clause: int
    content: bool = False
    name: bool = False
    quoted: bool = False
    owner: bool = False
    negation: bool = False
    cut: bool = False
    hyphen: bool = False
    ranges: bool = False
    number: Number | None = None
    date: Date | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Which words stand in lower case, and which with a capital inside a sentence."""

    lower: frozenset[str]
    upper: frozenset[str]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Surroundings:
        """Gather them from sentences, titles and headings."""
        lower: set[str] = set()
        upper: set[str] = set()
        for text in texts:
            for match in re.finditer(r"[^\W\d_]+", text):
                if match[0][0].islower():
                    lower.add(fold(match[0]))
                elif re.search(r"[\w,’'] $", text[: match.start()]):
                    upper.add(fold(match[0]))
        return cls(frozenset(lower), frozenset(upper))


def read(text: str, around: Surroundings) -> list[Word]:
    """Read a sentence; names of one thing are made one as `index.terms` does."""
    found: list[Word] = []
    clause, quoted, comma = 0, False, False
    text = _plain(text)
    matches = list(_TOKEN.finditer(text))
    for at, match in enumerate(matches):
        mark = match["mark"]
        if mark:
            quoted = not quoted if mark == '"' else mark in "“«" or (quoted and mark not in "”»")
            clause += mark in ";:—" and not quoted
            comma = mark == ","
            continue
        folded = fold(match[0])
        following = matches[at + 1][0] if at + 1 < len(matches) else ""
        opens = folded in _BREAKS or (comma and folded in _AFTER_COMMA)
        opens = opens or (folded == "and" and _past(fold(following)))
        clause += bool(found and opens and not quoted)
        cut = at > 0 and bool(matches[at - 1]["mark"])
        comma = False
        named = match["word"] is not None and _is_name(match[0], following, not found, around)
        ranges = bool(found) and found[-1].folded == "from"
        hyphen = text[match.start() - 1 : match.start()] == "-"
        word = replace(_word(match, clause, following), name=named, quoted=quoted)
        found.append(replace(word, cut=cut, hyphen=hyphen, ranges=ranges))
    return _numbers(found)


def _past(folded: str) -> bool:
    return folded.endswith("ed") or folded in IRREGULAR or folded in CANONICAL


def _plain(text: str) -> str:
    text = re.sub(r"\b[Pp]er ?cent\b", "percent", text.replace("’", "'").replace("\u00a0", " "))
    for short, long in UNITS.items():
        text = re.sub(rf"(?<=[\d ]){short}\b", f" {long}", text)
    return re.sub(r"\b(?:data centers?)\b", "data centre", canonical(text))


def _word(match: re.Match[str], clause: int, following: str) -> Word:
    text = match[0]
    folded = fold(text)
    if match["date"]:
        return Word(folded, folded, clause, date=date_of(text))
    owner = folded.endswith("'s")
    negation = folded.endswith("n't") or folded == "cannot"
    folded = folded.removesuffix("'s").removesuffix("'")
    number = number_of(text)
    if number:
        return Word(folded, folded, clause, number=number)
    needed = _NEEDS.get(folded)
    denies = folded in NEGATIONS and (not needed or following in needed)
    free = folded == "free" and following in {"of", "from"}
    negation = negation or denies or free or term(folded) in DENIALS
    content = meaning(folded) and not free
    return Word(folded, term(folded), clause, content, owner=owner, negation=negation)


def _is_name(text: str, following: str, first: bool, around: Surroundings) -> bool:  # noqa: FBT001
    folded = fold(text).removesuffix("'s")
    if folded in NAMES:
        return True
    if number_of(text) or not text[0].isupper() or folded in ROLES or not meaning(folded):
        return False
    if not first:
        return True
    if folded in around.upper or following[:1].isupper() or text.endswith("'s"):
        return folded not in around.lower or following[:1].isupper()
    after = fold(following)
    verb = after in _VERBS_AFTER_NAMES or _past(after) or term(after) in SPEECH
    return folded not in around.lower and verb and not in_table(term(folded))


def _numbers(found: Sequence[Word]) -> list[Word]:
    """Join the words of one number, and give it the unit that follows."""
    result: list[Word] = []
    for word in found:
        last = result[-1].number if result else None
        if last and word.number and (both := joined(last, word.number)):
            result[-1] = replace(result[-1], number=both)
        elif last and unit_of(word.folded) and not last.unit:
            result[-1] = replace(result[-1], number=replace(last, unit=unit_of(word.folded)))
        else:
            result.append(word)
    return result


def groups(words: Sequence[Word]) -> list[tuple[int, ...]]:
    """Give the positions of each run of name words, a name of several words being one run."""
    runs: list[list[int]] = []
    for at, word in enumerate(words):
        if not word.name:
            continue
        before = words[at - 1] if at else None
        if runs and runs[-1][-1] == at - 1 and before and not (before.owner or word.cut):
            runs[-1].append(at)
        else:
            runs.append([at])
    return [tuple(run) for run in runs]
