"""The word tables that sentences are checked with, from `tables.json`; pure."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from index.terms import content_words, stems

_TABLES: dict[str, Any] = json.loads(
    files("assistant").joinpath("checking/tables.json").read_text("utf-8")
)
_BASES = _TABLES["irregular"] | _TABLES["forms"]
_PREFIX, _MOST = 5, 0.7


@cache
def term(folded: str) -> str:
    """Give the stem of a folded word; an irregular form counts as its base form."""
    base: str = _BASES.get(folded, folded)
    return str(stems([base])[0])


def _words(name: str) -> frozenset[str]:
    return frozenset(_TABLES[name].split())


def _terms(text: str) -> frozenset[str]:
    return frozenset(term(word) for word in text.split())


IRREGULAR = frozenset(_TABLES["irregular"])
ASIDE = _words("aside")
DETERMINERS = _words("determiners")
PRONOUNS = _words("pronouns")
MONTHS: list[str] = _TABLES["months"].split()
SMALL: list[str] = _TABLES["numbers"].split()
TENS: list[str] = _TABLES["tens"].split()
ORDINALS: list[str] = _TABLES["ordinals"].split()
ROLES = _words("roles")
COMMON = _words("common")
AUXILIARIES = _words("auxiliaries")
# Verbs that `index.terms` has made one, whatever their form was.
CANONICAL = frozenset(("sign", "refuse"))
NAMES = _words("names")
UNITS: dict[str, str] = _TABLES["units"]
SPEECH = _terms(_TABLES["speech"])
NEGATIONS = _words("negations")
IDEAS = _words("ideas")
WANTING = _terms(_TABLES["wanting"])
UNCHANGED = _terms(_TABLES["unchanged"])
DENIALS = _terms(_TABLES["denials"])
OPPOSITES = [(_terms(one), _terms(other)) for one, other in _TABLES["opposites"]]
_GROUPS: dict[str, set[int]] = {}
for _number, _group in enumerate(_TABLES["synonyms"]):
    for _each in _terms(_group):
        _GROUPS.setdefault(_each, set()).add(_number)


@cache
def meaning(folded: str) -> bool:
    """Whether a folded word carries meaning of its own: no function word, no auxiliary."""
    return (
        len(folded) > 1
        and folded not in COMMON
        and folded not in AUXILIARIES
        and folded not in NEGATIONS
        and content_words(f"{folded} meaning") != ["meaning"]
    )


@cache
def alike(one: str, other: str) -> bool:
    """Whether two terms are the same, of one family, or synonyms in the table."""
    if one == other or _GROUPS.get(one, set()) & _GROUPS.get(other, set()):
        return True
    shared = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        shared += 1
    return shared >= _PREFIX and shared >= _MOST * max(len(one), len(other))


@cache
def in_table(own: str) -> bool:
    """Whether the table of synonyms knows a term, which then is no name."""
    return own in _GROUPS


@cache
def opposite(one: str, other: str) -> bool:
    """Whether the table has the two terms as opposites."""
    return any((one in a and other in b) or (one in b and other in a) for a, b in OPPOSITES)
