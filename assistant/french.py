"""Glosses French questions in English, word by word, for documents that are in English.

The search and the reader know English; a table of French words (`french.json`, written for this
project) makes enough of a French question for both. What the table does not hold stays as it is.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import Stemmer

from index.keyword import quoted
from index.terms import stems

if TYPE_CHECKING:
    from index.catalogue import Catalogue

_WORD = re.compile(r"[^\W_]+")
_INVERTED = re.compile(r"-t-(?:il|elle|on)s?\b|-(?:il|elle|on|ils|elles|ce)\b", re.IGNORECASE)
_ELIDED = re.compile(r"\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)'", re.IGNORECASE)


def is_french(text: str) -> bool:
    """Whether a text has more French function words than English ones."""
    found = [word.casefold() for word in _WORD.findall(text)]
    french, english = _table()["function words"].values()
    return sum(word in french for word in found) > sum(word in english for word in found)


def in_their_language(question: str, catalogue: Catalogue) -> str:
    """Give a question as the documents may be asked: glossed if it is French and they are not.

    The documents are taken to be French where they hold most of the question's French words.
    """
    if not is_french(question):
        return question
    found = [word.casefold() for word in _WORD.findall(question)]
    helpers = _table()["function words"]["french"]
    french = [word for word in found if word not in helpers and _english(word) != word]
    held = [word for word in french if catalogue.frequency(quoted(stems([word])[0]))]
    return question if 2 * len(held) > len(french) else gloss(question)


def gloss(question: str) -> str:
    """Give a French question in English words, in the order of the French ones."""
    text = question.replace("’", "'")
    text = _phrases().sub(lambda found: _table()["phrases"][found.group().casefold()], text)
    text = _ELIDED.sub("", _INVERTED.sub("", text))
    return " ".join(_WORD.sub(lambda found: _english(found.group()), text).split())


def _english(word: str) -> str:
    folded = word.casefold()
    words, by_stem = _table()["words"], _by_stem()
    if folded in words:
        return str(words[folded])
    return word if word[0].isupper() else by_stem.get(_stem(folded), word)


def _stem(word: str) -> str:
    return str(Stemmer.Stemmer("french").stemWord(word))


@cache
def _by_stem() -> dict[str, str]:
    return {_stem(word): english for word, english in reversed(_table()["words"].items())}


@cache
def _phrases() -> re.Pattern[str]:
    longest_first = sorted(_table()["phrases"], key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)


@cache
def _table() -> dict[str, Any]:
    text = files("assistant").joinpath("french.json").read_text("utf-8")
    table: dict[str, Any] = json.loads(text)
    return table
