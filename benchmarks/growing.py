"""Documents of any number, and vectors for them without a model, to see how an index grows."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from corpus.load import SHIPPED_DOCUMENTS, find_files, load_file
from index.embedding import Embedder
from index.split import split

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray


PASSAGES_A_DOCUMENT = 500
_WORDS = 16
_SAMPLE = 1_000  # sentences whose real vectors the others are made of
_NOISES = 4_096
_NOISE = 0.35  # of the length of a vector
_SYLLABLES = [consonant + vowel for consonant in "bdklm" for vowel in "aeiou"]


class Mixture(Embedder):
    """Gives each text a vector of its own: two real ones, mixed by its hash, and some noise.

    Independent random vectors would be hard for an approximate index as no real ones are: in 384
    dimensions all are equally far apart. Mixtures lie where real vectors lie.
    """

    name = "mixtures of real vectors"

    def __init__(self, real: Embedder) -> None:
        sentences = [
            text
            for file in find_files([SHIPPED_DOCUMENTS])
            for passage in split(load_file(file))
            for text in passage.vector_texts()
        ]
        chosen = np.random.default_rng(1).permutation(len(sentences))[:_SAMPLE]
        self._real = real.embed([sentences[number] for number in chosen])
        noises = np.random.default_rng(2).normal(size=(_NOISES, self._real.shape[1]))
        self._noises = _unit(noises.astype(np.float32))

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give an array of shape (number of texts, dimension), vectors of length one."""
        digests = b"".join(
            hashlib.blake2b(each.encode(), digest_size=16).digest() for each in texts
        )
        drawn = np.frombuffer(digests, dtype=np.uint32).reshape(-1, 4)
        first, second = self._real[drawn[:, 0] % _SAMPLE], self._real[drawn[:, 1] % _SAMPLE]
        share = (drawn[:, 2:3] / 2**32).astype(np.float32)
        noise = self._noises[drawn[:, 3] % _NOISES]
        return _unit(share * first + (1 - share) * second + _NOISE * noise)


def write_documents(folder: Path, passages: int) -> None:
    """Write documents that hold so many passages of one sentence each.

    The words are drawn as often as they stand in the shipped documents; each sentence also has a
    name that few others have, as many names in all as there are sentences.
    """
    folder.mkdir(parents=True)
    words, shares = _vocabulary()
    for number, first in enumerate(range(0, passages, PASSAGES_A_DOCUMENT)):
        count = min(PASSAGES_A_DOCUMENT, passages - first)
        random = np.random.default_rng(number)
        lines = words[random.choice(len(words), size=(count, _WORDS), p=shares)]
        names = random.integers(passages, size=count)
        sections = [
            f"## Part {first + row}\n\nIn {name(int(names[row]))} {' '.join(line)}.\n"
            for row, line in enumerate(lines)
        ]
        text = f"# Report {number}\n\n" + "\n".join(sections)
        (folder / f"report-{number:05d}.md").write_text(text, "utf-8")


def questions(folder: Path, count: int) -> list[str]:
    """Give questions, each with the name and three words of a sentence in the documents."""
    random = np.random.default_rng(5)
    files = sorted(folder.glob("*.md"))
    asked = []
    for number in random.integers(len(files), size=count):
        sentences = re.findall(r"^In (.+)\.$", files[number].read_text("utf-8"), re.MULTILINE)
        named, *words = sentences[random.integers(len(sentences))].split()
        asked.append(f"What is said of {named}, {' '.join(random.choice(words, 3))}?")
    return asked


def name(number: int) -> str:
    """Give the name that has this number, of syllables."""
    digits = np.base_repr(number, len(_SYLLABLES)).zfill(3)
    return "".join(_SYLLABLES[int(digit, 36)] for digit in digits).capitalize()


def batches(texts: Sequence[str], size: int = 10_000) -> Iterator[Sequence[str]]:
    """Give the texts in batches."""
    for first in range(0, len(texts), size):
        yield texts[first : first + size]


def _vocabulary() -> tuple[NDArray[np.str_], NDArray[np.float64]]:
    counted = Counter(
        word
        for file in find_files([SHIPPED_DOCUMENTS])
        for word in re.findall(r"[a-z]{2,}", load_file(file).text)
    )
    words, counts = zip(*sorted(counted.items()), strict=True)
    return np.array(words), np.array(counts) / sum(counts)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths: NDArray[np.float32] = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / lengths
