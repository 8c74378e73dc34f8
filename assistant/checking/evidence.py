"""The sentences that a passage offers as evidence, and whether they hold a clause's facts; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.checking.orders import gives_orders, goes_on
from assistant.checking.reading import APART, Surroundings, Word, read
from assistant.checking.tables import COMMON, ROLES, alike, meaning, term
from index.passage import Span
from index.terms import canonical, fold, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from index.passage import Passage

QUOTED = re.compile(r"“([^”]+)”|\"([^\"]+)\"|«\s*([^»]+?)\s*»")
_LEANS = re.compile(
    r"^(?:(?:but|and|yet|in|on|at|for|to|of|with)\s)?"
    r"(?:he|she|it|they|his|her|its|their|this|that|these|those|such|both|the)\b",
    re.IGNORECASE,
)
_POINTS = re.compile(r"^(?:in|on|at|by|with|for) (?:this|that|these|those)\b", re.IGNORECASE)
_FIRST_WORDS = 5
_PHRASE = re.compile(r"(?:[A-ZÀ-Þ][\w-]*(?:\s(?:of|for|and|the|on|in)(?=\s[A-ZÀ-Þ]))*\s?){2,}")
_PAIR = re.compile(r"([A-ZÀ-Þ][\w'-]+)\s(?=([A-ZÀ-Þ][\w'-]+))")
_EUROPE = {"eu", "europ", "european"}
_NAME_PREFIX = 4


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence of a passage as it was read, or several taken together.

    `before` is the sentence that it leans on, as far as it does; `context` are the terms of title
    and heading; `text` is folded for looking up quoted words.
    """

    passage: Passage
    numbers: tuple[int, ...]
    words: tuple[Word, ...]
    before: tuple[Word, ...]
    context: frozenset[str]
    text: str

    @property
    def all(self) -> tuple[Word, ...]:
        """The words of the sentence, led by those that it leans on."""
        return (*self.before, *self.words)

    def span(self) -> Span:
        """Where the evidence stands in the document."""
        first, last = self.numbers[0], self.numbers[-1]
        return Span(self.passage.sentences[first].start, self.passage.sentences[last].end)


def offered(passages: Sequence[Passage], around: Surroundings) -> list[Evidence]:
    """Read the passages' sentences; those that give orders to an assistant are no evidence."""
    return [each for passage in passages for each in _of_passage(passage, around)]


def _of_passage(passage: Passage, around: Surroundings) -> Iterator[Evidence]:
    titles = f"{passage.title}. {passage.heading}"
    texts = [passage.sentence(number) for number in range(len(passage.sentences))]
    context = _terms(f"{titles}.") | {term(each) for text in texts for each in acronyms(text)}
    orders = False
    previous: tuple[Word, ...] = ()
    for number, text in enumerate(texts):
        orders = gives_orders(text) or (orders and goes_on(texts[number - 1], text))
        if orders:
            previous = ()
            continue
        found = tuple(read(text, around))
        leans = bool(previous) and _leans(text, found)
        before = previous if leans else ()
        yield Evidence(passage, (number,), found, (), context, plain(text))
        if leans:
            moved = tuple(later(found, before))
            yield Evidence(passage, (number - 1, number), moved, before, context, plain(text))
        previous = found


def _leans(text: str, found: Sequence[Word]) -> bool:
    """Whether a sentence begins with a pronoun or with “the”, and names nobody at its start.

    “In that meeting Trudeau…” leans on what came before, whomever it names.
    """
    named = any(word.name for word in found[:_FIRST_WORDS])
    return bool(_POINTS.match(text)) or (bool(_LEANS.match(text)) and not named)


def later(words: Iterable[Word], first: Iterable[Word]) -> list[Word]:
    """Number the clauses of a second sentence on, so that they are not taken for the first's."""
    shift = APART + max((word.clause for word in first), default=0)
    return [replace(word, clause=word.clause + shift) for word in words]


def _terms(text: str) -> frozenset[str]:
    return frozenset(term(word) for word in words(canonical(text)) if meaning(word))


def acronyms(text: str) -> set[str]:
    """Give what the names of several words in a text would be as initials, folded."""
    found = set()
    for match in _PHRASE.finditer(text):
        initials = "".join(word[0] for word in match[0].split() if word[0].isupper())
        found.add(fold(initials))
    return found


def plain(text: str) -> str:
    """Fold a text for looking up quoted words: case, quotation marks and blanks do not matter."""
    return " ".join(re.findall(r"[\w'%€$£]+", fold(text).replace("’", "'").replace("‘", "'")))


def quotations(text: str) -> list[str]:
    """Give the quoted words of a sentence, folded."""
    return [plain(next(filter(None, match.groups()))) for match in QUOTED.finditer(text)]


def without_forenames(said: Sequence[Word], texts: Iterable[str]) -> list[Word]:
    """Leave out a forename that the texts give to one surname alone: the surname is enough."""
    forenames: dict[str, set[str]] = {}
    for text in texts:
        for match in _PAIR.finditer(text):
            forename, surname = (term(fold(word)) for word in match.groups())
            if fold(match[1]) not in ROLES | COMMON:
                forenames.setdefault(surname, set()).add(forename)
    kept = []
    for word, following in zip(said, [*said[1:], None], strict=True):
        whole = following is not None and following.name and word.name and not word.owner
        if not (following and whole and forenames.get(following.term) == {word.term}):
            kept.append(word)
    return kept


def has_number(said: Word, unit: Sequence[Word], source: Sequence[Word]) -> bool:
    """Whether a number stands in the evidence; in “80 of 109 billion” the scale counts for both."""
    assert said.number is not None  # noqa: S101 - the caller has checked
    number = said.number
    scales = {each.number.scale for each in unit if each.number}
    there = {each.number.scale for each in source if each.number}
    for each in source:
        if each.date and number.year and each.date.year == number.year:
            return True
        if each.number and number.agrees(each.number):
            return True
        bare = each.number is not None and 1 in {number.scale, each.number.scale}
        scaled = each.number is not None and {number.scale, each.number.scale} <= scales | there
        if bare and scaled and each.number and number.value == each.number.value:
            return True
    return False


def has_date(said: Word, source: Sequence[Word]) -> bool:
    """Whether a date stands in the evidence, as exact as the sentence has it."""
    date = said.date
    assert date is not None  # noqa: S101 - the caller has checked
    years = {each.date.year for each in source if each.date}
    years |= {each.number.year for each in source if each.number}
    return any(
        each.date and date.within(each.date) and (date.year is None or date.year in years)
        for each in source
    )


def has_name(said: Word, source: Iterable[Word], context: frozenset[str]) -> bool:
    """Whether a name stands in the evidence or its context; “Europe” is in “European”."""
    return any(_same_name(said.term, each.term) for each in source) or any(
        _same_name(said.term, each) for each in context
    )


def _same_name(one: str, other: str) -> bool:
    if {one, other} <= _EUROPE or one == other or one.removesuffix("s") == other.removesuffix("s"):
        return True
    short, long = sorted((one, other), key=len)
    return len(short) >= _NAME_PREFIX and long.startswith(short) and len(long) - len(short) <= 4  # noqa: PLR2004


def known(said: Word, source: Iterable[Word], context: frozenset[str]) -> bool:
    """Whether a word's meaning stands in the evidence or its context."""
    return any(alike(said.term, each.term) for each in source) or any(
        alike(said.term, each) for each in context
    )
