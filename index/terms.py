"""The words of a text that carry meaning, as stems, for everything that compares words."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files

import Stemmer

_WORD = re.compile(r"\w+")
_stemmer = Stemmer.Stemmer("english")


def fold(text: str) -> str:
    """Lower the case and drop accents, so that Élysée and elysee are the same."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def words(text: str) -> list[str]:
    """Give all words in order, folded."""
    return _WORD.findall(fold(text))


def content_words(text: str) -> list[str]:
    """Give the words that are no function words, folded, in order; all where none is left."""
    every = words(text)
    return [word for word in every if word not in stop_words()] or every


def stems(text_words: list[str]) -> list[str]:
    """Give the stem of each word (Porter 2, Snowball's English stemmer)."""
    return list(_stemmer.stemWords(text_words))


def terms(text: str) -> list[str]:
    """Give the stems of the content words, in order, names of one thing made one.

    So “Britain” and “the United Kingdom” give the same term; `aliases.json` is the table.
    """
    return stems(content_words(canonical(text)))


@lru_cache(maxsize=8192)
def term_set(text: str) -> frozenset[str]:
    """Give the distinct terms of a text; what was asked for lately is kept."""
    return frozenset(terms(text))


def is_alias(text: str) -> bool:
    """Whether the text is one of the names that the table makes one, such as Britain."""
    pattern, names = _aliases()
    folded = re.sub(r"^the ", "", text.strip().casefold())
    return folded in names.values() or folded == "us" or bool(pattern.fullmatch(folded))


@cache
def tables_version() -> str:
    """Say which stop words and aliases are in force; an index holds terms made with them."""
    tables = _data("stopwords.txt") + _data("aliases.json")
    return hashlib.sha256(tables.encode()).hexdigest()[:12]


def canonical(text: str) -> str:
    """Give the text with the names of one thing made one, as `aliases.json` has them."""
    # “US” is a country and “us” is not, so this comes before the case is folded.
    text = re.sub(r"\bUS\b|\bthe us\b", "usa", text)
    text = re.sub(r"(?<=\d)(?=(?:bn|mn)\b)", " ", text)
    pattern, names = _aliases()
    return pattern.sub(lambda match: names[str(match.lastgroup)], text)


@cache
def _aliases() -> tuple[re.Pattern[str], dict[str, str]]:
    table: dict[str, list[str]] = json.loads(_data("aliases.json"))
    groups = {f"a{number}": name for number, name in enumerate(table)}
    alternatives = "|".join(
        f"(?P<{group}>{'|'.join(table[name])})" for group, name in groups.items()
    )
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)", re.IGNORECASE), groups


@cache
def stop_words() -> frozenset[str]:
    """Give the English and French function words, and those that questions are made of."""
    return frozenset(_data("stopwords.txt").split())


def _data(name: str) -> str:
    return files("index").joinpath(name).read_text("utf-8")
