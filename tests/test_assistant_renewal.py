import shutil
import threading

import pytest
from fakes import Shelf, WordEmbedder, an_answer

from assistant.assistant import Assistant
from assistant.question import Question
from assistant.renewal import RenewingAssistant
from corpus.document import Document, Section
from corpus.load import find_files
from index import generation
from index.build import Wanted, build_index
from index.errors import IndexMismatchError
from index.search import SearchIndex
from ui.library import Library, Wish

QUESTION = Question("Who?")


class OfGeneration(Shelf):
    def __init__(self, generation):
        super().__init__(Document(generation, generation, "Text.", (Section("", 0, 5),)))
        self.generation = generation
        self.closed = False
        self.warmed = threading.Event()
        self.rehearsed = 0
        self.a_few, self.ended = threading.Event(), threading.Event()

    def warm_up(self, go_on):
        self.warmed.set()

    def rehearse(self, go_on):
        while go_on():
            self.rehearsed += 1
            self.a_few.set()
        self.ended.set()
        return self.rehearsed

    def close(self):
        self.closed = True

    def invoke(self, question, config=None):
        return an_answer(answerer=self.generation)

    def stream(self, question, config=None):
        assert not self.closed
        yield an_answer(answerer=self.generation)
        assert not self.closed
        yield an_answer(answerer=self.generation, suggestions=("More?",))


class Generations:
    """Generations of an index by name; the newest is what `name` says."""

    def __init__(self):
        self.name = "g000001"
        self.opened = []
        self.error = None

    def newest(self):
        return self.name

    def open_newest(self):
        if self.error:
            raise self.error
        self.opened.append(OfGeneration(self.name))
        return self.opened[-1]


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 100.0

    monkeypatch.setattr("assistant.renewal.time.monotonic", lambda: Clock.now)
    return Clock


@pytest.fixture
def generations():
    return Generations()


@pytest.fixture
def renewing(generations, clock):
    return RenewingAssistant(generations.newest, generations.open_newest)


def test_a_new_index_is_taken_over_at_the_next_question(renewing, generations, clock):
    generations.name = "g000002"
    clock.now += 1
    assert renewing.invoke(QUESTION).answerer == "g000002"
    old, new = generations.opened
    assert (old.closed, new.closed) == (True, False)
    assert new.warmed.wait(5)


def test_it_is_looked_for_at_most_once_a_second(renewing, generations, clock):
    generations.name = "g000002"
    clock.now += 0.9
    assert renewing.invoke(QUESTION).answerer == "g000001"


def test_the_same_index_is_not_opened_again(renewing, generations, clock):
    clock.now += 1
    renewing.invoke(QUESTION)
    assert len(generations.opened) == 1


def test_what_is_being_answered_ends_on_the_old_index_which_is_then_closed(
    renewing, generations, clock
):
    answers = renewing.stream(QUESTION)
    first = next(answers)
    generations.name = "g000002"
    clock.now += 1
    assert renewing.invoke(QUESTION).answerer == "g000002"
    old = generations.opened[0]
    assert not old.closed
    assert [first.answerer, *(each.answerer for each in answers)] == ["g000001", "g000001"]
    assert old.closed


def test_an_answer_that_nobody_waits_for_lets_go_of_the_old_index(renewing, generations, clock):
    answers = renewing.stream(QUESTION)
    next(answers)
    generations.name = "g000002"
    clock.now += 1
    renewing.invoke(QUESTION)
    answers.close()
    assert generations.opened[0].closed


def test_others_are_answered_from_the_old_index_while_the_new_one_is_opened(
    renewing, generations, clock
):
    opening, go_on = threading.Event(), threading.Event()
    open_newest = generations.open_newest

    def slowly():
        opening.set()
        assert go_on.wait(10)
        return open_newest()

    renewing._open_newest = slowly
    generations.name = "g000002"
    clock.now += 1
    first = threading.Thread(target=renewing.invoke, args=(QUESTION,))
    first.start()
    assert opening.wait(10)
    assert renewing.invoke(QUESTION).answerer == "g000001"
    go_on.set()
    first.join()
    assert renewing.invoke(QUESTION).answerer == "g000002"


def test_an_index_that_cannot_be_opened_is_logged_once_and_the_old_one_stays(
    renewing, generations, clock, caplog
):
    generations.name = "g000002"
    generations.error = IndexMismatchError("another chroma; run: summit ingest --rebuild")
    for _ in range(3):
        clock.now += 1
        assert renewing.invoke(QUESTION).answerer == "g000001"
    [line] = [each.getMessage() for each in caplog.records]
    assert line == ("the new index is not taken over: another chroma; run: summit ingest --rebuild")


def test_a_mended_index_is_taken_over_after_one_that_could_not_be(renewing, generations, clock):
    generations.name = "g000002"
    generations.error = IndexMismatchError("no")
    clock.now += 1
    renewing.invoke(QUESTION)
    generations.error, generations.name = None, "g000003"
    clock.now += 1
    assert renewing.invoke(QUESTION).answerer == "g000003"


def test_the_library_shows_the_documents_of_the_new_index(renewing, generations, clock):
    library = Library(renewing)
    generations.name = "g000002"
    clock.now += 1
    assert [card.id for card in library.cards(Wish())] == ["g000002"]


def test_every_method_of_an_assistant_goes_to_the_newest():
    inherited = set(dir(Assistant)) - set(dir(Assistant.__base__))
    own = {name for name in inherited if not name.startswith("_")} - {"ask"}
    assert own - set(vars(RenewingAssistant)) == set()


def test_an_index_that_is_removed_while_it_is_opened_is_not_opened(
    tmp_path, documents, monkeypatch
):
    root = tmp_path / "index"

    def build(text):
        (documents / "owls.md").write_text(text)
        wanted = Wanted(corpus=tuple(find_files([documents])))
        build_index(root, wanted, WordEmbedder())

    build("One owl sleeps.\n")
    old = generation.current(root)
    real, calls = generation.os.open, []

    def late(path, *rest, **options):
        if not calls and str(path).endswith("fingerprint.json"):
            calls.append(path)
            monkeypatch.setattr("index.generation.os.open", real)
            build("Two owls sleep by day.\n")
            assert not old.exists()
        return real(path, *rest, **options)

    monkeypatch.setattr("index.generation.os.open", late)
    with SearchIndex(root, WordEmbedder()) as index:
        assert calls
        assert index.generation == generation.current(root).name
        assert index.search("two owls")[0].passage.text == "Two owls sleep by day."


def test_an_index_made_anew_in_a_folder_that_was_lost_has_another_name_than_the_one_in_use(
    tmp_path, documents
):
    root = tmp_path / "index"
    wanted = Wanted(corpus=tuple(find_files([documents])))
    build_index(root, wanted, WordEmbedder())
    with SearchIndex(root, WordEmbedder()) as index:
        shutil.rmtree(root)
        build_index(root, wanted, WordEmbedder())
        assert index.generation != generation.current(root).name


def test_that_a_new_index_is_in_use_is_logged_where_a_server_logs(
    renewing, generations, clock, caplog
):
    with caplog.at_level("INFO", "summit"):
        generations.name = "g000002"
        clock.now += 2
        renewing.invoke(QUESTION)
    assert [each.getMessage() for each in caplog.records] == ["a new index is in use: 1 documents"]


def test_trying_starters_of_a_new_index_ends_before_it_is_closed(renewing, generations, clock):
    ended = []

    class Busy(OfGeneration):
        def warm_up(self, go_on):
            while go_on():
                self.warmed.set()
            ended.append(self.closed)

    generations.name = "g000002"
    renewing._open_newest = lambda: Busy("g000002")
    clock.now += 2
    renewing.invoke(QUESTION)
    assert renewing._lease.assistant.warmed.wait(5)
    renewing.close()
    assert ended == [False]
    assert renewing._lease.assistant.closed


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr("assistant.renewal._REST_SECONDS", 0.001)


def test_it_rehearses_in_the_background_until_it_is_closed(renewing, generations, at_once):
    renewing.keep_rehearsed(lambda: True)
    [first] = generations.opened
    assert first.a_few.wait(5)
    renewing.close()
    assert first.ended.is_set()
    assert first.closed


def test_it_does_not_rehearse_while_somebody_is_answered(renewing, generations, at_once):
    busy, looked = threading.Event(), threading.Event()
    busy.set()

    def idle():
        looked.set()
        return not busy.is_set()

    renewing.keep_rehearsed(idle)
    [first] = generations.opened
    assert looked.wait(5)
    assert not first.a_few.wait(0.1)
    busy.clear()
    assert first.a_few.wait(5)
    renewing.close()


def test_after_a_take_over_it_rehearses_with_the_new_index_alone(
    renewing, generations, clock, at_once
):
    renewing.keep_rehearsed(lambda: True)
    generations.name = "g000002"
    clock.now += 1
    renewing.invoke(QUESTION)
    old, new = generations.opened
    assert old.ended.wait(5)
    assert new.a_few.wait(5)
    assert not new.ended.is_set()
    renewing.close()


def test_it_rehearses_only_where_that_was_asked_for(renewing, generations, clock, at_once):
    generations.name = "g000002"
    clock.now += 1
    renewing.invoke(QUESTION)
    new = generations.opened[-1]
    assert new.warmed.wait(5)
    assert not new.a_few.wait(0.1)


def test_an_index_that_is_lost_while_it_rehearses_is_logged(renewing, generations, at_once, caplog):
    def rehearse(go_on):
        raise IndexMismatchError("the index is gone")

    generations.opened[0].rehearse = rehearse
    renewing.keep_rehearsed(lambda: True)
    renewing.close()
    [line] = [each.getMessage() for each in caplog.records]
    assert line == "the documents' own questions are not tried: the index is gone"


def test_an_index_that_is_lost_while_its_starters_are_tried_is_logged(
    renewing, generations, clock, caplog
):
    class Lost(OfGeneration):
        def warm_up(self, go_on):
            raise IndexMismatchError("the index is gone")

    generations.name = "g000002"
    renewing._open_newest = lambda: Lost("g000002")
    clock.now += 2
    renewing.invoke(QUESTION)
    renewing.close()
    [line] = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert line == "the documents' own questions are not tried: the index is gone"
