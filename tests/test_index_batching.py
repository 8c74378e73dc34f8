"""What several threads want embedded at once goes together."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from fakes import WordEmbedder

from index.batching import Batching
from index.errors import ModelError

PATIENCE = 30  # seconds, for a machine under load


class Slow(WordEmbedder):
    """Embeds when it is let, and remembers what it was given together."""

    def __init__(self):
        super().__init__()
        self.given = []
        self.began = threading.Event()
        self.may = threading.Event()

    def embed(self, texts):
        self.given.append(list(texts))
        self.began.set()
        assert self.may.wait(PATIENCE)
        if "broken" in texts:
            raise ModelError("the model is broken")
        return super().embed(texts)


@pytest.fixture
def slow():
    return Slow()


@pytest.fixture
def pool():
    with ThreadPoolExecutor(32) as pool:
        yield pool


def ask_meanwhile(pool, slow, batching, *wishes):
    """Ask for the first; once it is being embedded for the others, and once they wait, go on."""
    first = pool.submit(batching.embed_questions, wishes[0])
    assert slow.began.wait(PATIENCE)
    others = [pool.submit(batching.embed_questions, each) for each in wishes[1:]]
    end = time.monotonic() + PATIENCE
    while len(batching._waiting) < len(others):
        assert time.monotonic() < end
        time.sleep(0.01)
    slow.may.set()
    return [first, *others]


def test_what_is_asked_for_meanwhile_goes_together(pool, slow):
    batching = Batching(slow, at_once=1)
    wishes = [["owls"], ["bees", "honey"], ["trains"], []]
    asked = ask_meanwhile(pool, slow, batching, *wishes)
    for wish, each in zip(wishes, asked, strict=True):
        expected = WordEmbedder().embed(wish) if wish else np.empty((0, 64))
        assert np.array_equal(each.result(PATIENCE), expected)
    assert slow.given[0] == ["owls"]
    assert sorted(slow.given[1]) == ["bees", "honey", "trains"]
    assert len(slow.given) == 2


def test_texts_of_documents_are_embedded_as_such():
    class Telling(WordEmbedder):
        def embed_questions(self, texts):
            return super().embed([f"asked {each}" for each in texts])

    batching = Batching(Telling())
    assert np.array_equal(batching.embed(["owls"]), WordEmbedder().embed(["owls"]))
    assert np.array_equal(batching.embed_questions(["owls"]), WordEmbedder().embed(["asked owls"]))


def test_who_asks_alone_waits_for_nobody(slow):
    slow.may.set()
    batching = Batching(slow)
    assert np.array_equal(batching.embed_questions(["owls"]), WordEmbedder().embed(["owls"]))
    assert batching.embed_questions(["bees"]).shape == (1, 64)
    assert slow.given == [["owls"], ["bees"]]


def test_as_many_are_embedded_by_themselves_as_go_at_once(pool, slow):
    batching = Batching(slow, at_once=2)
    asked = [pool.submit(batching.embed_questions, [each]) for each in ("owls", "bees")]
    end = time.monotonic() + PATIENCE
    while len(slow.given) < 2:
        assert time.monotonic() < end
        time.sleep(0.01)
    asked += [pool.submit(batching.embed_questions, [each]) for each in ("trains", "honey")]
    while len(batching._waiting) < 2:
        assert time.monotonic() < end
        time.sleep(0.01)
    slow.may.set()
    for each in asked:
        assert each.result(PATIENCE).shape == (1, 64)
    assert sorted(map(len, slow.given)) == [1, 1, 2]


def test_an_error_reaches_all_of_its_go_and_later_ones_go_on(pool, slow):
    batching = Batching(slow, at_once=1)
    first, *together = ask_meanwhile(pool, slow, batching, ["owls"], ["broken"], ["bees"])
    assert first.result(PATIENCE).shape == (1, 64)
    for each in together:
        with pytest.raises(ModelError, match="the model is broken"):
            each.result(PATIENCE)
    assert batching.embed_questions(["bees"]).shape == (1, 64)


def test_many_threads_each_get_their_own(pool):
    batching = Batching(WordEmbedder())
    texts = [f"word{number}" for number in range(500)]
    ask = batching.embed_questions
    found = list(pool.map(lambda text: ask([text])[0], texts, timeout=PATIENCE))
    assert np.array_equal(np.array(found), WordEmbedder().embed(texts))


def test_the_model_gives_the_same_as_for_each_alone(pool, embedder):
    batching = Batching(embedder)
    texts = [f"What did country {number} say about safety?" for number in range(24)]
    found = list(pool.map(lambda text: batching.embed_questions([text])[0], texts))
    assert np.abs(np.array(found) - embedder.embed(texts)).max() < 1e-5


def test_its_name_is_that_of_the_embedder(slow):
    assert Batching(slow).name == "words"
