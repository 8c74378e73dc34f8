"""Turns questions that a passage answers into near ones that it does not answer.

A name or a number of the question is replaced by another one of the same subject, or a word by
its opposite, as people do who write questions to mislead (Rajpurkar et al. 2018).
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

    from training.examples import Example

_NAME = re.compile(r"(?<=[\w,;] )[A-ZÀ-Þ][\w’'-]+(?: (?:of (?:the )?)?[A-ZÀ-Þ][\w’'-]+)*")
_NUMBER = re.compile(r"(?<![\w.])\d[\d,.]*\d|(?<![\w.])\d(?![\w.])")
_OPPOSITES = """
    first last, before after, more less, most least, largest smallest, oldest youngest,
    highest lowest, higher lower, longest shortest, early late, began ended, win lose,
    increase decrease, increased decreased, rise fall, rose fell, gain lose, won lost,
    north south, northern southern, east west, eastern western, inside outside,
    minimum maximum, above below, best worst, common rare, strong weak, allow forbid,
    allowed forbidden, accept reject, accepted rejected, agree disagree, buy sell,
    bought sold, join leave, joined left, support oppose, supported opposed,
    opened closed, create destroy, created destroyed, arrive depart, import export,
    positive negative, male female, major minor, public private, always never
"""
_NEGATIONS = "was wasn't, were weren't, did didn't, is isn't, are aren't, does doesn't"
_NEGATED = 0.3  # of the questions that nothing else can be done with


def twisted(examples: Sequence[Example], draw: random.Random) -> Iterator[Example]:
    """Give for each answered example, where one can be made, a question that is not answered.

    `examples` are taken to be about the same subject where their titles are equal.
    """
    known: dict[str, set[str]] = defaultdict(set)
    for each in examples:
        known[each.title].update(_NAME.findall(each.passage), _NUMBER.findall(each.passage))
    opposites, negations = _pairs(_OPPOSITES), _pairs(_NEGATIONS)
    for each in examples:
        if not each.right:
            continue
        ways = [*_replaced(each, known[each.title], draw), *_turned(each.question, opposites)]
        if not ways and draw.random() < _NEGATED:
            ways = list(_turned(each.question, negations))
        if ways:
            yield replace(
                each,
                question=draw.choice(ways),
                answer=None,
                right=(),
                source=f"{each.source}-twisted",
                corrects=None,
            )


def _replaced(example: Example, known: set[str], draw: random.Random) -> Iterator[str]:
    """Give the question with one name or number replaced, by one of the passage if it can be."""
    gold = example.passage[slice(*example.answer)] if example.answer else ""
    for pattern in (_NAME, _NUMBER):
        others = {
            each
            for each in known
            if pattern.fullmatch(f"a {each}", 2) and each not in gold and gold not in each
        }
        for found in pattern.finditer(example.question):
            other = {each for each in others if each not in example.question} - {found.group()}
            near = sorted(each for each in other if each in example.passage) or sorted(other)
            if near:
                text = example.question
                yield text[: found.start()] + draw.choice(near) + text[found.end() :]


def _turned(question: str, others: dict[str, str]) -> Iterator[str]:
    """Give the question with one word turned into its opposite."""
    for found in re.finditer(r"[\w']+", question):
        other = others.get(found.group())
        if other:
            yield question[: found.start()] + other + question[found.end() :]


def _pairs(table: str) -> dict[str, str]:
    both = [pair.split() for pair in table.split(",")]
    return dict(both) | {other: one for one, other in both}
