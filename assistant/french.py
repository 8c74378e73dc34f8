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

_stemmer = Stemmer.Stemmer("french")
_WORD = re.compile(r"[^\W_]+")
_INVERTED = r"-t-(?:il|elle|on)s?\b|-(?:ils?|elles?|on|ce)\b"
_ELIDED = r"\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)'"
_DECIMALS = re.compile(r"(?<=\d),(?=\d{1,2}\b)")
_THOUSANDS = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3}\b)")


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


def gloss(text: str) -> str:
    """Give a French text in English words, in the order of the French ones."""
    text = _THOUSANDS.sub(",", _DECIMALS.sub(".", text.replace("’", "'")))
    return " ".join(_tokens().sub(_glossed, text).split())


def _glossed(found: re.Match[str]) -> str:
    if found["phrase"]:
        return str(_table()["phrases"][found["phrase"].casefold()])
    return _english(found["word"]) if found["word"] else ""


def _english(word: str) -> str:
    folded = word.casefold()
    words, by_stem = _table()["words"], _by_stem()
    if folded in words:
        return str(words[folded])
    return word if word[0].isupper() else by_stem.get(_stem(folded), word)


def _stem(word: str) -> str:
    return str(_stemmer.stemWord(word))


@cache
def _by_stem() -> dict[str, str]:
    return {_stem(word): english for word, english in reversed(_table()["words"].items())}


@cache
def _tokens() -> re.Pattern[str]:
    """Find phrases, longest first, what English does without, and words."""
    longest_first = sorted(_table()["phrases"], key=len, reverse=True)
    phrases = "|".join(map(re.escape, longest_first))
    return re.compile(
        rf"(?P<phrase>(?<!\w)(?:{phrases})(?!\w))|{_INVERTED}|{_ELIDED}|(?P<word>[^\W_]+)",
        re.IGNORECASE,
    )


@cache
def _table() -> dict[str, Any]:
    text = files("assistant").joinpath("french.json").read_text("utf-8")
    table: dict[str, Any] = json.loads(text)
    return table
