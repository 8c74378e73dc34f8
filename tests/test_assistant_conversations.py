import json
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace

import pytest

from assistant.answer import Answer, Citation, State, Statement
from assistant.conversations import CONVERSATIONS_FILE, Conversations
from assistant.errors import ConversationError
from corpus.document import Document

TEXT = "The summit met in Paris. The UK did not sign. It named national security.\n\nOther text."
QUOTE = "The UK did not sign."
START = TEXT.index(QUOTE)


def document(text=TEXT):
    return Document("uk", "The UK", text, ())


def citation(text=TEXT):
    start = text.index(QUOTE)
    return Citation(1, "uk", "The UK", "BBC", "2025", "", QUOTE, start, start + len(QUOTE))


def answer(question="Who did not sign?", cited=None, **changes):
    whole = Answer(
        question=question,
        standalone_question=question,
        state=State.ANSWERED,
        statements=(Statement(QUOTE, (1,), (4, 6)), Statement("It is so.")),
        citations=(cited or citation(),),
        closest=(),
        answerer="built-in",
        confidence=0.9,
        seconds=0.01,
        suggestions=("Who signed?",),
    )
    return replace(whole, **changes)


@pytest.fixture
def conversations(tmp_path, database_url):
    return Conversations(tmp_path / "data", database_url)


@pytest.fixture
def in_file(tmp_path):
    return Conversations(tmp_path / "data")


def test_nothing_is_there_and_no_file_until_the_first_answer(conversations, tmp_path):
    assert conversations.turns("a") == []
    assert conversations.answer("a") is None
    assert not conversations.delete("a")
    assert not conversations.take_back("a", "b")
    assert conversations.count() == 0
    assert not (tmp_path / "data").exists()


def test_an_answer_is_read_back_as_it_was_given(conversations, tmp_path, database_url):
    given = answer()
    kept = conversations.add("", given, [document()], "uk")
    assert kept.answer == given
    assert kept.document_id == "uk"
    again = Conversations(tmp_path / "data", database_url)
    assert again.answer(kept.id) == kept
    assert again.turns(kept.conversation_id) == [kept]


def test_what_to_ask_next_is_added_to_an_answer_that_is_kept(conversations):
    kept = conversations.add("", answer(suggestions=()), [document()])
    more = conversations.suggest(kept, ("Who came?", "Who left?"))
    assert more.answer == answer(suggestions=("Who came?", "Who left?"))
    assert conversations.turns(kept.conversation_id) == [more]


def test_ids_are_drawn_by_lot_and_long_enough_not_to_be_guessed(conversations):
    one, other = (conversations.add("", answer(), [document()]) for _ in range(2))
    ids = {one.id, other.id, one.conversation_id, other.conversation_id}
    assert len(ids) == 4
    assert min(map(len, ids)) >= 22


def test_turns_come_in_the_order_in_which_they_were_asked(conversations):
    first = conversations.add("", answer("Who came?"), [document()])
    conversations.add("", answer("Elsewhere?"), [document()])
    conversations.add(first.conversation_id, answer("Who left?"), [document()])
    asked = [each.answer.question for each in conversations.turns(first.conversation_id)]
    assert asked == ["Who came?", "Who left?"]


def test_the_turns_before_are_the_last_twenty_or_those_before_an_answer(conversations):
    first = conversations.add("", answer("0?"), [document()])
    home = first.conversation_id
    others = [conversations.add(home, answer(f"{n}?"), [document()]) for n in range(1, 25)]
    before = conversations.before(home)
    assert [asked for asked, _ in before] == [f"{n}?" for n in range(5, 25)]
    assert before[0][1] == "The UK did not sign. [1] It is so."
    assert [asked for asked, _ in conversations.before(home, others[1].id)] == ["0?", "1?"]
    conversations.take_back(home, others[0].id)
    assert [asked for asked, _ in conversations.before(home)] == ["0?"]
    assert len(conversations.before(home, "another")) == 1
    assert conversations.before("") == conversations.before("another") == []


def test_what_stood_around_a_quotation_is_kept_with_it(conversations):
    kept = conversations.add("", answer(), [document()])
    [(quoted, around)] = kept.quoted()
    assert quoted.quote == QUOTE
    assert around.before == "The summit met in Paris. "
    assert around.after == " It named national security."


def test_surroundings_end_with_the_paragraph_and_are_cut_between_words(conversations):
    text = "words " * 200 + QUOTE + " and" * 400
    kept = conversations.add("", answer(cited=citation(text)), [document(text)])
    [(_, around)] = kept.quoted()
    assert around.before.startswith("…words words")
    assert around.after.endswith(" and…")
    assert max(len(around.before), len(around.after)) <= 402


def test_closest_passages_have_their_surroundings_too(conversations):
    nothing = answer(state=State.NOT_FOUND, citations=(), closest=(citation(),))
    [(quoted, around)] = conversations.add("", nothing, [document()]).quoted()
    assert (quoted.quote, around.before) == (QUOTE, "The summit met in Paris. ")


def test_what_is_taken_back_leaves_the_conversation_and_its_link_holds(conversations):
    first = conversations.add("", answer("One?"), [document()])
    home = first.conversation_id
    second = conversations.add(home, answer("Two?"), [document()])
    conversations.add(home, answer("Three?"), [document()])
    assert conversations.take_back(home, second.id)
    conversations.add(home, answer("Two, again?"), [document()])
    asked = [each.answer.question for each in conversations.turns(home)]
    assert asked == ["One?", "Two, again?"]
    assert conversations.answer(second.id) == second


def test_nobody_takes_back_what_stands_in_another_conversation(conversations):
    mine = conversations.add("", answer(), [document()])
    other = conversations.add("", answer(), [document()])
    assert not conversations.take_back(other.conversation_id, mine.id)
    assert conversations.turns(mine.conversation_id) == [mine]


def test_deleting_a_conversation_deletes_its_links_and_nothing_else(conversations):
    mine = conversations.add("", answer(), [document()])
    conversations.take_back(mine.conversation_id, mine.id)
    other = conversations.add("", answer(), [document()])
    assert conversations.delete(mine.conversation_id)
    assert conversations.answer(mine.id) is None
    assert conversations.turns(other.conversation_id) == [other]


def test_a_file_of_before_there_was_postgresql_is_read_and_goes_on(in_file, tmp_path):
    kept = in_file.add("", answer(), [document()])
    file = tmp_path / "data" / CONVERSATIONS_FILE
    with closing(sqlite3.connect(file)) as database:
        [record] = database.execute("SELECT * FROM answers").fetchall()
    file.unlink()
    with closing(sqlite3.connect(file)) as database:
        database.executescript(
            "CREATE TABLE answers (number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, "
            "conversation_id TEXT NOT NULL, moment TEXT NOT NULL, document_id TEXT NOT NULL, "
            "record TEXT NOT NULL, replaced INTEGER NOT NULL DEFAULT 0);"
            "CREATE INDEX answers_of_conversation ON answers(conversation_id);"
        )
        database.execute("INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)", record)
        database.commit()
    more = in_file.add(kept.conversation_id, answer("And?"), [document()])
    assert in_file.turns(kept.conversation_id) == [kept, more]
    assert in_file.take_back(kept.conversation_id, more.id)
    assert in_file.turns(kept.conversation_id) == [kept]


def test_what_is_deleted_leaves_no_trace_in_the_file(in_file, tmp_path):
    mine = in_file.add("", answer("Who is the zanzibar delegate?"), [document()])
    assert b"zanzibar" in (tmp_path / "data" / CONVERSATIONS_FILE).read_bytes()
    assert in_file.delete(mine.conversation_id)
    assert b"zanzibar" not in (tmp_path / "data" / CONVERSATIONS_FILE).read_bytes()


def test_half_a_surrogate_pair_does_no_harm(conversations):
    kept = conversations.add("", answer("Who \ud800?"), [document()])
    assert conversations.answer(kept.id).answer.question == "Who ??"


@pytest.mark.parametrize("text", ["a\0b", "'); DROP TABLE answers --", "%s %(id)s :id", "\u2028🦉"])
def test_any_text_is_kept_as_it_is(conversations, text):
    kept = conversations.add("", answer(text), [document()])
    assert conversations.answer(kept.id).answer.question == text


@pytest.mark.parametrize("odd", ["\0", "a\0", "\ud800", "' OR 1=1 --", "%s"])
def test_whatever_is_taken_for_an_id_finds_nothing_and_breaks_nothing(conversations, odd):
    kept = conversations.add("", answer(), [document()])
    assert conversations.answer(odd) is None
    assert conversations.turns(odd) == conversations.before(odd) == []
    assert not conversations.take_back(odd, kept.id)
    assert not conversations.delete(odd)
    assert conversations.turns(kept.conversation_id) == [kept]
    named = conversations.add(odd, answer(), [document()])
    assert [each.id for each in conversations.turns(odd)] == [named.id]


def test_the_json_of_a_kept_answer_is_that_of_ask_with_id_and_moment(conversations):
    given = answer()
    kept = conversations.add("", given, [document()])
    written = json.loads(json.dumps(kept.to_dict()))
    assert written["id"] == kept.id
    assert written["asked"] == kept.moment
    assert {name: written[name] for name in given.to_dict()} == json.loads(
        json.dumps(given.to_dict())
    )


def test_answers_of_many_threads_are_all_kept(conversations):
    home = conversations.add("", answer(), [document()]).conversation_id
    add = [
        threading.Thread(target=conversations.add, args=(home, answer(), [document()]))
        for _ in range(12)
    ]
    for each in add:
        each.start()
    for each in add:
        each.join()
    assert len(conversations.turns(home)) == 13


def test_of_more_answers_than_are_to_be_kept_the_oldest_go_and_their_links_end(
    tmp_path, database_url
):
    few = Conversations(tmp_path / "data", database_url, most=3)
    begun = few.add("", answer("Q0?"), [document()])
    others = [few.add("", answer(f"Q{number}?"), [document()]) for number in range(1, 3)]
    assert few.answer(begun.id) == begun
    last = few.add(begun.conversation_id, answer("Q3?"), [document()])
    assert few.count() == 3
    assert few.answer(begun.id) is None
    assert few.turns(begun.conversation_id) == [last]
    assert [few.answer(each.id) for each in others] == others


def test_where_fewer_are_to_be_kept_than_before_the_rest_goes_little_by_little(
    tmp_path, database_url, monkeypatch
):
    monkeypatch.setattr("assistant.conversations._MOST_REMOVED", 2)
    many = Conversations(tmp_path / "data", database_url)
    kept = [many.add("", answer(f"Q{number}?"), [document()]) for number in range(5)]
    few = Conversations(tmp_path / "data", database_url, most=1)
    few.add("", answer("Q5?"), [document()])
    assert few.count() == 4
    assert [few.answer(each.id) for each in kept[:2]] == [None, None]
    for number in range(6, 9):
        few.add("", answer(f"Q{number}?"), [document()])
    assert few.count() == 1


@pytest.mark.parametrize("damage", ["folder", "text"])
def test_a_file_that_cannot_be_used_is_one_line_that_says_how_to_mend_it(in_file, tmp_path, damage):
    file = tmp_path / "data" / CONVERSATIONS_FILE
    file.parent.mkdir()
    if damage == "folder":
        file.mkdir()
    else:
        file.write_text("no database " * 100)
    with pytest.raises(ConversationError, match=r"the conversations in .*cannot be used") as caught:
        in_file.add("", answer(), [document()])
    assert "\n" not in str(caught.value)


def test_visitors_cannot_fill_the_disk_and_what_was_kept_stays(tmp_path, monkeypatch):
    monkeypatch.setattr("assistant.conversations._MAX_BYTES", 40_000)
    conversations = Conversations(tmp_path)
    kept = conversations.add("", answer(), [document()])
    with pytest.raises(ConversationError, match="free room"):
        conversations.add("", answer("Who? " * 10_000), [document()])
    assert conversations.answer(kept.id) == kept
    assert (tmp_path / CONVERSATIONS_FILE).stat().st_size <= 40_960
