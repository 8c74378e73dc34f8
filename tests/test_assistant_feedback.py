import json
import re
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from assistant.answer import Answer, Citation, State, Statement
from assistant.errors import CommentError, FeedbackError
from assistant.feedback import FEEDBACK_FILE, MAX_COMMENT_CHARACTERS, Feedback, Verdict


def answer(question="Why did the UK not sign?", *, state=State.ANSWERED, documents=("uk", "uk")):
    citations = tuple(
        Citation(marker, document, "Title", "", "", "", "It did not.", 0, 11)
        for marker, document in enumerate(documents, start=1)
    )
    return Answer(
        question=question,
        standalone_question=question,
        state=state,
        statements=(Statement("It did not.", (1,)),),
        citations=citations,
        closest=(),
        answerer="built-in",
        confidence=0.9,
        seconds=0.01,
    )


@pytest.fixture
def feedback(tmp_path, database_url):
    return Feedback(tmp_path / "data", database_url)


@pytest.fixture
def in_file(tmp_path):
    return Feedback(tmp_path / "data")


def test_nothing_is_there_and_no_file_until_the_first_verdict(feedback, tmp_path):
    assert feedback.judgements() == []
    assert feedback.verdict("a") is None
    assert not feedback.comment("a", "Good.")
    assert not feedback.withdraw("a")
    assert feedback.count() == 0
    assert not (tmp_path / "data").exists()


def test_the_data_folder_holds_one_file_of_feedback(in_file, tmp_path):
    in_file.judge("a", Verdict.UP, answer())
    assert list((tmp_path / "data").iterdir()) == [tmp_path / "data" / FEEDBACK_FILE]


def test_a_record_holds_question_answer_verdict_and_the_day_and_nothing_of_the_visitor(feedback):
    before = [("Who came to Paris?", "Many did. [1]")]
    feedback.judge("a", Verdict.DOWN, answer(), before)
    [kept] = feedback.judgements()
    assert (kept.question, kept.answer, kept.state) == (
        "Why did the UK not sign?",
        "It did not. [1]",
        "answered",
    )
    assert kept.history == (("Who came to Paris?", "Many did. [1]"),)
    assert kept.documents == ("uk",)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", kept.day)
    assert set(kept.__slots__) == {
        *("id", "day", "question", "standalone_question", "history", "answer", "state"),
        *("abstained", "answerer", "documents", "verdict", "comment"),
    }


def test_a_change_of_mind_replaces_the_verdict_on_that_very_answer_and_keeps_the_comment(feedback):
    feedback.judge("a", Verdict.UP, answer())
    feedback.comment("a", "The date is missing.")
    feedback.judge("b", Verdict.UP, answer())
    feedback.judge("a", Verdict.DOWN, answer())
    assert [(each.id, each.verdict, each.comment) for each in feedback.judgements()] == [
        ("a", Verdict.DOWN, "The date is missing."),
        ("b", Verdict.UP, ""),
    ]


def test_taking_a_verdict_back_removes_the_record(feedback):
    feedback.judge("a", Verdict.UP, answer())
    feedback.comment("a", "My secret remark.")
    assert feedback.withdraw("a")
    assert feedback.judgements() == []


def test_a_file_of_before_there_was_postgresql_is_read_and_goes_on(in_file, tmp_path):
    (tmp_path / "data").mkdir()
    with closing(sqlite3.connect(tmp_path / "data" / FEEDBACK_FILE)) as database:
        database.execute(
            "CREATE TABLE feedback (id TEXT PRIMARY KEY, day TEXT NOT NULL, "
            "question TEXT NOT NULL, standalone_question TEXT NOT NULL, "
            "history TEXT NOT NULL, answer TEXT NOT NULL, "
            "state TEXT NOT NULL, abstained INTEGER NOT NULL, answerer TEXT NOT NULL, "
            "documents TEXT NOT NULL, verdict TEXT NOT NULL, comment TEXT NOT NULL DEFAULT '')"
        )
        database.execute(
            "INSERT INTO feedback VALUES ('a', '2025-02-11', 'Q?', 'Q?', "
            "'[[\"\\u00e9?\", \"A.\"]]', '', 'not_found', 1, 'built-in', '[\"uk\"]', 'up', 'Good.')"
        )
        database.commit()
    in_file.judge("b", Verdict.DOWN, answer())
    in_file.judge("a", Verdict.DOWN, answer())
    old, new = in_file.judgements()
    assert (old.id, old.history, old.documents) == ("a", (("é?", "A."),), ("uk",))
    assert (old.abstained, old.verdict, old.comment) == (True, Verdict.DOWN, "Good.")
    assert (new.id, new.abstained) == ("b", False)


def test_what_is_taken_back_leaves_no_trace_in_the_file(in_file, tmp_path):
    in_file.judge("a", Verdict.UP, answer())
    in_file.comment("a", "My secret remark.")
    assert b"secret" in (tmp_path / "data" / FEEDBACK_FILE).read_bytes()
    assert in_file.withdraw("a")
    assert b"secret" not in (tmp_path / "data" / FEEDBACK_FILE).read_bytes()


def test_a_comment_on_an_answer_without_a_verdict_is_not_kept(feedback):
    feedback.judge("a", Verdict.UP, answer())
    assert not feedback.comment("b", "Good.")
    assert [each.comment for each in feedback.judgements()] == [""]


def test_a_comment_of_a_megabyte_is_refused_with_both_numbers(feedback):
    feedback.judge("a", Verdict.UP, answer())
    with pytest.raises(CommentError, match="1,000,000 characters; write at most 2,000"):
        feedback.comment("a", "x" * 1_000_000)
    assert feedback.comment("a", "x" * MAX_COMMENT_CHARACTERS)


@pytest.mark.parametrize(
    "text",
    ["<b>bold</b>", "a\nb\u2028c\x85d", "\x1b[31m\x9b31m", "naïve 🦉", "'); DROP TABLE --"],
)
def test_any_text_is_kept_as_it_is(feedback, text):
    feedback.judge("a", Verdict.UP, answer(text), [(text, text)])
    feedback.comment("a", text)
    [kept] = feedback.judgements()
    assert (kept.question, kept.comment, kept.history) == (text, text, ((text, text),))


def test_what_ends_a_text_for_others_is_kept_in_a_file_and_is_a_question_mark_in_postgresql(
    feedback, database_url
):
    feedback.judge("a", Verdict.UP, answer("a\0b"), [("c\0d", "")])
    feedback.comment("a", "e\0f")
    [kept] = feedback.judgements()
    mark = "?" if database_url.get_secret_value() else "\0"
    assert (kept.question, kept.comment) == (f"a{mark}b", f"e{mark}f")
    assert kept.history == (("c\0d", ""),)


def test_half_a_surrogate_pair_does_no_harm(feedback):
    half = "\ud83e"
    feedback.judge("a", Verdict.UP, answer(half), [(half, half)])
    feedback.comment("a", half)
    [kept] = feedback.judgements()
    assert (kept.question, kept.comment, kept.history) == ("?", "?", (("?", "?"),))


def test_a_very_long_conversation_is_kept_in_part(feedback):
    feedback.judge("a", Verdict.UP, answer(), [(str(turn), "") for turn in range(1_000)])
    [kept] = feedback.judgements()
    assert [asked for asked, _ in kept.history] == [str(turn) for turn in range(980, 1_000)]


def test_what_is_approved_gives_its_documents_or_that_nothing_answers(feedback):
    feedback.judge("a", Verdict.UP, answer())
    feedback.judge("b", Verdict.UP, answer(state=State.NOT_FOUND, documents=()))
    answered, abstained = [each.to_question() for each in feedback.judgements()]
    assert (answered["documents"], answered["answerable"], answered["facts"]) == (("uk",), True, [])
    assert (abstained["documents"], abstained["answerable"]) == ((), False)


@pytest.mark.parametrize("state", [State.ANSWERED, State.NOT_FOUND])
def test_what_is_disapproved_says_nothing_of_what_would_be_right(feedback, state):
    feedback.judge("a", Verdict.DOWN, answer(state=state))
    [kept] = feedback.judgements()
    question = kept.to_question()
    assert (question["documents"], question["answerable"], question["facts"]) == ((), True, [])


def test_threads_write_at_once_and_nothing_is_lost(feedback):
    def work(number):
        for count in range(10):
            feedback.judge(f"{number}-{count}", Verdict.UP, answer())
            feedback.comment(f"{number}-{count}", "Good.")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.comment for each in feedback.judgements()] == ["Good."] * 80


def damaged(path):
    path.write_bytes(b"no database at all" * 100)


def written_by_another_version(path):
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE feedback (id TEXT)")


def a_folder(path):
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "mend"),
    [
        (damaged, "it is damaged; move it away"),
        (written_by_another_version, "another version wrote it"),
        (a_folder, "SUMMIT_DATA_DIR"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line_that_names_it_and_its_mend(tmp_path, spoil, mend):
    spoil(tmp_path / FEEDBACK_FILE)
    feedback = Feedback(tmp_path)
    for attempt in (feedback.judgements, lambda: feedback.judge("a", Verdict.UP, answer())):
        with pytest.raises(FeedbackError, match=mend) as raised:
            attempt()
        assert str(tmp_path / FEEDBACK_FILE) in str(raised.value)
        assert "\n" not in str(raised.value)


def test_a_folder_that_cannot_be_written_is_one_line():
    with pytest.raises(FeedbackError, match="SUMMIT_DATA_DIR, must be one that can be written"):
        Feedback(Path("/proc/summit")).judge("a", Verdict.UP, answer())


def test_a_full_disk_is_one_line_and_what_was_kept_stays(in_file, tmp_path, monkeypatch):
    in_file.judge("a", Verdict.UP, answer())
    monkeypatch.setattr("assistant.feedback._MAX_BYTES", 4096)
    in_file = Feedback(tmp_path / "data")
    with pytest.raises(FeedbackError, match="free room on the disk"):
        in_file.judge("b", Verdict.UP, answer("x" * 10_000))
    assert [each.id for each in in_file.judgements()] == ["a"]


def test_a_file_that_another_process_holds_is_one_line(in_file, tmp_path, monkeypatch):
    in_file.judge("a", Verdict.UP, answer())
    monkeypatch.setattr("assistant.sqlite._WAIT_SECONDS", 0.05)
    holder = sqlite3.connect(tmp_path / "data" / FEEDBACK_FILE, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(FeedbackError, match="another process holds it"):
        in_file.judge("b", Verdict.UP, answer())
    holder.close()
    in_file.judge("b", Verdict.UP, answer())


def test_a_file_left_empty_by_a_kill_is_no_feedback(in_file, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / FEEDBACK_FILE).touch()
    assert in_file.judgements() == []


def test_a_question_of_the_export_is_json(feedback):
    feedback.judge("a", Verdict.UP, answer(), [("Who?", "Many.")])
    [kept] = feedback.judgements()
    question = json.loads(json.dumps(kept.to_question()))
    assert question["history"] == [["Who?", "Many."]]
    assert (question["category"], question["verdict"]) == ("feedback", "up")
