"""Mends misspelt words of a question with the words of the documents."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from rapidfuzz.distance import OSA, JaroWinkler

from index.embedding import load_tokenizer
from index.keyword import quoted
from index.terms import fold, stems, stop_words, terms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from index.catalogue import Catalogue

_WORD = re.compile(r"[^\W\d_]+")
_LEAST, _NAME, _LONG = 4, 6, 8  # letters
_PASSAGES = 30  # in which the words behind a term are looked up


def correct(question: str, catalogue: Catalogue) -> str:
    """Give the question with each unknown word replaced by the one of the documents it is near.

    Unknown is a word that neither the documents nor the embedding model's vocabulary of English
    holds. Near is one slip of the pen (optimal string alignment: a letter too many, too few,
    another one, or two that changed places), two in words of eight letters or more, and never the
    first letter. A letter too many, too few or another one makes a name another name, so names
    are mended with names alone, and short ones only where two letters changed places.
    """
    return _WORD.sub(
        lambda found: _mended(found.group(), catalogue, first=found.start() == 0), question
    )


def _mended(word: str, catalogue: Catalogue, *, first: bool) -> str:
    folded = fold(word)
    if len(folded) < _LEAST or _known(word, catalogue):
        return word
    name = word[0].isupper() and not first
    near = [
        (slips, -JaroWinkler.similarity(folded, fold(each)), each)
        for each in _candidates(folded, catalogue)
        if (slips := _slips(folded, fold(each), name=name)) is not None
        and (each[0].isupper() or not name)
    ]
    best = min(near)[-1] if near else word
    return best if word[0].isupper() else best.casefold()


def _known(word: str, catalogue: Catalogue) -> bool:
    folded = fold(word)
    words, english = _english()
    if folded in stop_words() or folded in words or stems([folded])[0] in english:
        return True
    return any(catalogue.frequency(quoted(term)) for term in terms(word))


def _candidates(folded: str, catalogue: Catalogue) -> Iterator[str]:
    """Give the function words, and words of the documents whose stems are near the word's."""
    yield from (word for word in stop_words() if word[0] == folded[0])
    [stem] = stems([folded])
    far = 4 if len(folded) >= _LONG else 2
    for term in catalogue.terms_from(folded[0]):
        if min(OSA.distance(each, term) for each in (stem, folded)) <= far:
            yield from _words_behind(term, catalogue)


def _slips(folded: str, other: str, *, name: bool) -> int | None:
    """Give how many slips lie between two words; nothing where they are too many."""
    swapped = sorted(folded) == sorted(other)
    if not swapped and len(folded) < (_NAME if name else _LEAST + (len(folded) == len(other))):
        return None
    most = 2 if len(folded) >= _LONG else 1
    slips = OSA.distance(folded, other, score_cutoff=most)
    return slips if slips <= most else None


def _words_behind(term: str, catalogue: Catalogue) -> set[str]:
    """Give the words of the documents that have a term, as they are written there."""
    found = [passage_id for passage_id, _ in catalogue.match(quoted(term), _PASSAGES)]
    return {
        word
        for passage in catalogue.passages(found).values()
        for word in _WORD.findall(f"{passage.title} {passage.text}")
        if _terms(word) == [term]
    }


@lru_cache(maxsize=8192)
def _terms(word: str) -> list[str]:
    # The same words stand in passage after passage.
    return terms(word)


@cache
def _english() -> tuple[frozenset[str], frozenset[str]]:
    """Give the words that the embedding model knows whole, and their stems."""
    words = [word for word in load_tokenizer().get_vocab() if word.isalpha()]
    return frozenset(words), frozenset(stems(words))
