import json
import socket
import time

import pytest
from test_assistant_assistant import QUESTIONS

# What opens a connection fails, whoever calls it.
CLOSED = """
import socket, sys
def closed(*_, **__):
    raise AssertionError("the network was asked for")
socket.socket.connect = socket.socket.connect_ex = closed
socket.create_connection = socket.getaddrinfo = closed
from ui.cli import main
main()
"""


def one_line(result, *parts):
    """Check that a command failed with one clear line."""
    assert result.returncode == 2
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert "Traceback" not in result.stderr
    for part in parts:
        assert part in lines[0]


def test_help_names_every_command_without_the_heavy_libraries(summit_process):
    code = (
        "import sys; from ui.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'gradio', 'chromadb', 'sentence_transformers', 'langchain_core', "
        "'sqlalchemy'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    result = summit_process("--help", code=code)
    for command in ("serve", "ask", "chat", "ingest", "evaluate", "doctor"):
        assert command in result.stdout
    assert result.stdout.splitlines()[-1] == "[]"


def test_openapi_prints_the_schema_without_an_index_and_the_heavy_libraries(
    summit_process, tmp_path
):
    code = (
        "import sys; from ui.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'gradio', 'chromadb', 'sentence_transformers', 'langchain_core'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    data = tmp_path / "data"
    result = summit_process("openapi", code=code, SUMMIT_DATA_DIR=data)
    assert "/api/ask" in json.loads(result.stdout)["paths"]
    assert result.stderr.splitlines() == ["[]"]
    assert not data.exists()


def test_ask_answers_with_every_socket_closed(summit_process, shipped):
    result = summit_process(
        "ask", "Why did the UK not sign?", code=CLOSED, SUMMIT_DATA_DIR=shipped.data_dir
    )
    assert result.returncode == 0, result.stderr
    assert "national security" in result.stdout.replace("\n", " ")


def test_the_socket_guard_of_that_test_works(summit_process):
    code = CLOSED.replace("from ui.cli import main\nmain()", "socket.create_connection(('::1', 9))")
    assert "the network was asked for" in summit_process(code=code).stderr


def test_ask_prints_numbered_sources_with_title_publisher_date_and_link(summit, shipped):
    result = summit("ask", "What is InvestAI?", SUMMIT_DATA_DIR=shipped.data_dir)
    assert "[1]" in result.stdout
    assert "Sources" in result.stdout
    assert "2025-02" in result.stdout
    assert "https://" in result.stdout


def test_ask_as_json_prints_one_object_and_nothing_else(summit, shipped):
    result = summit("ask", "What is InvestAI?", "--json", SUMMIT_DATA_DIR=shipped.data_dir)
    found = json.loads(result.stdout)
    assert found["state"] == "answered"
    assert found["citations"][0]["quote"] in found["answer"]
    assert result.stderr == ""


def test_an_abstention_is_no_error(summit, shipped):
    result = summit("ask", "How do I bake bread?", "--json", SUMMIT_DATA_DIR=shipped.data_dir)
    found = json.loads(result.stdout)
    assert result.returncode == 0
    assert (found["abstained"], found["state"]) == (True, "not_found")
    assert found["closest"]


def test_ask_takes_a_history(summit, shipped, tmp_path):
    history = tmp_path / "history.json"
    history.write_text(json.dumps([["Why did the UK not sign?", "National security."]]))
    result = summit(
        "ask", "And the US?", "--json", "--history", history, SUMMIT_DATA_DIR=shipped.data_dir
    )
    assert json.loads(result.stdout)["standalone_question"] == "Why did the US not sign?"


def test_ask_takes_a_document_and_answers_from_it_alone(summit, documents, tmp_path):
    where = {"SUMMIT_CORPUS_DIR": documents, "SUMMIT_DATA_DIR": tmp_path / "data"}
    question = "How many eggs does the queen lay?"
    bees, owls = (
        json.loads(summit("ask", question, "--json", "--document", each, **where).stdout)
        for each in ("bees", "owls")
    )
    assert bees["citations"][0]["document_id"] == "bees"
    assert owls["abstained"]
    assert {each["document_id"] for each in owls["closest"]} == {"owls"}
    wrong = summit("ask", question, "--document", "unicorns", **where)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "summit ingest --list" in wrong.stderr


def test_a_folder_of_documents_can_be_asked_at_once(summit, documents, tmp_path):
    result = summit(
        "ask",
        "How many eggs does the queen lay?",
        "--json",
        SUMMIT_CORPUS_DIR=documents,
        SUMMIT_DATA_DIR=tmp_path / "data",
    )
    found = json.loads(result.stdout)
    assert "two thousand" in found["answer"]
    assert found["citations"][0]["document_id"] == "bees"


def test_ingest_adds_a_file_of_ones_own_and_removes_it(summit, documents, tmp_path):
    mine = tmp_path / "sheep.txt"
    mine.write_text("Sheep give wool. A flock of forty sheep lives on Mull.\n")
    where = {"SUMMIT_CORPUS_DIR": documents, "SUMMIT_DATA_DIR": tmp_path / "data"}
    assert "4 added" in summit("ingest", mine, **where).stderr
    assert "sheep\t" in summit("ingest", "--list", **where).stdout
    asked = summit("ask", "How many sheep live on Mull?", "--json", **where)
    assert "forty" in json.loads(asked.stdout)["answer"]
    assert "1 removed" in summit("ingest", "--remove", "sheep", **where).stderr
    assert "sheep" not in summit("ingest", "--list", **where).stdout


def test_what_cannot_be_read_is_named_and_the_rest_goes_in(summit, documents, tmp_path):
    (documents / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    (documents / "fake.txt").write_bytes(bytes(range(256)) * 20)
    result = summit("ingest", SUMMIT_CORPUS_DIR=documents, SUMMIT_DATA_DIR=tmp_path / "data")
    assert result.returncode == 2
    assert "broken.pdf" in result.stderr
    assert "fake.txt" in result.stderr
    assert "3 added, 2 not readable" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("question", "part"), [("", "empty"), ("   ", "empty"), ("x " * 50_000, "characters")]
)
def test_an_impossible_question_is_one_line(summit, question, part):
    one_line(summit("ask", question), part)


def test_a_question_too_long_for_the_command_line_comes_by_standard_input(summit):
    one_line(summit("ask", "-", stdin="y" * 300_000), "300,000 characters")


def test_a_folder_without_documents_is_one_line(summit, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    one_line(
        summit("ask", "Who?", SUMMIT_CORPUS_DIR=empty, SUMMIT_DATA_DIR=tmp_path / "data"),
        "holds no documents",
    )


def test_a_file_that_is_no_document_is_one_line(summit, documents, tmp_path):
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\x89PNG")
    one_line(
        summit("ingest", picture, SUMMIT_CORPUS_DIR=documents, SUMMIT_DATA_DIR=tmp_path / "data"),
        "picture.png",
        "txt",
    )


def test_a_data_folder_that_cannot_be_written_is_one_line(summit, documents):
    one_line(
        summit("ask", "Who?", SUMMIT_CORPUS_DIR=documents, SUMMIT_DATA_DIR="/proc/summit"),
        "SUMMIT_DATA_DIR",
    )


def test_an_index_built_by_another_model_is_one_line_and_rebuild_mends_it(
    summit, documents, tmp_path
):
    where = {"SUMMIT_CORPUS_DIR": documents, "SUMMIT_DATA_DIR": tmp_path / "data"}
    summit("ingest", **where)
    [fingerprint] = (tmp_path / "data").rglob("fingerprint.json")
    built = json.loads(fingerprint.read_text())
    fingerprint.write_text(json.dumps({**built, "embedder": "another model"}))
    one_line(summit("ask", "Who lays eggs?", **where), "another embedder", "--rebuild")
    assert summit("ingest", "--rebuild", **where).returncode == 0
    assert summit("ask", "Who lays eggs?", **where).returncode == 0


def test_an_unknown_setting_is_one_line(summit):
    one_line(summit("doctor", SUMMIT_MODLE="x"), "SUMMIT_MODLE")


def test_a_port_in_use_is_one_line(summit, shipped):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        one_line(summit("serve", SUMMIT_PORT=port, SUMMIT_DATA_DIR=shipped.data_dir), "SUMMIT_PORT")


def test_a_broken_history_is_one_line(summit, tmp_path):
    history = tmp_path / "history.json"
    history.write_text("{}x")
    one_line(summit("ask", "Who?", "--history", history), "history.json")


def test_chat_understands_a_follow_up_and_goes_on_after_a_bad_question(summit, shipped):
    result = summit(
        "chat",
        stdin="Why did the UK not sign?\n???\nAnd the US?\n\n",
        SUMMIT_DATA_DIR=shipped.data_dir,
    )
    assert "Read as: Why did the US not sign?" in result.stdout
    assert "the question is empty" in result.stdout
    assert result.returncode == 0


def test_twenty_questions_in_the_terminal_are_answered_rightly(summit, shipped):
    questions = "".join(f"{question}\n" for question, _ in QUESTIONS)
    result = summit("chat", stdin=f"{questions}\n", SUMMIT_DATA_DIR=shipped.data_dir)
    answers = " ".join(result.stdout.split()).split("You:")[1:]
    for answer, (question, facts) in zip(answers, QUESTIONS, strict=False):
        assert any(fact in answer.split("Sources")[0] for fact in facts), (question, answer)
    assert len(answers) == len(QUESTIONS) + 1


def test_doctor_finds_everything_in_order(summit, shipped):
    result = summit("doctor", SUMMIT_DATA_DIR=shipped.data_dir)
    assert result.returncode == 0
    assert "BAD" not in result.stdout


def test_doctor_names_what_is_wrong(summit, documents, tmp_path):
    (documents / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    result = summit(
        "doctor",
        SUMMIT_CORPUS_DIR=documents,
        SUMMIT_DATA_DIR=tmp_path / "data",
        SUMMIT_MODEL="nobody:nothing",
    )
    assert result.returncode == 1
    assert "broken.pdf" in result.stdout
    assert "there is no index yet" in result.stdout
    assert "PROVIDER:NAME" in result.stdout.replace("\n", " ")


def test_evaluate_writes_json_and_a_page(summit, documents, tmp_path):
    questions = tmp_path / "questions.jsonl"
    questions.write_text(
        '{"id": "1", "question": "How many eggs are laid a day?", "facts": [["two thousand"]]}\n'
    )
    result = summit(
        "evaluate",
        questions,
        "--json",
        tmp_path / "out.json",
        "--report",
        tmp_path / "out.html",
        SUMMIT_CORPUS_DIR=documents,
        SUMMIT_DATA_DIR=tmp_path / "data",
    )
    assert result.returncode == 0, result.stderr
    written = json.loads((tmp_path / "out.json").read_text())
    assert written["summary"]["correctness"] == 1.0
    assert "<h1>" in (tmp_path / "out.html").read_text()
    assert "correctness" in result.stdout


def test_ask_answers_while_another_process_changes_the_index(summit, documents, tmp_path):
    from index import generation

    where = {"SUMMIT_CORPUS_DIR": documents, "SUMMIT_DATA_DIR": tmp_path / "data"}
    summit("ingest", **where)
    with generation.building(tmp_path / "data" / "index"):
        asked = summit("ask", "How many eggs does the queen lay?", **where)
        assert asked.stderr == ""
        (documents / "cats.txt").write_text("Cats purr when content.\n")
        changed = summit("ask", "How many eggs does the queen lay?", **where)
    assert "two thousand" in asked.stdout
    assert "two thousand" in changed.stdout
    assert "another process is changing the index" in changed.stderr


def test_a_file_that_cannot_be_written_is_one_line(summit, shipped, tmp_path):
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"id": "1", "question": "What is ROOST?"}\n')
    result = summit(
        "evaluate", questions, "--json", "/proc/out.json", SUMMIT_DATA_DIR=shipped.data_dir
    )
    assert result.returncode == 2
    assert "/proc/out.json" in result.stderr
    assert "Traceback" not in result.stderr


def test_ask_beside_a_running_reader_answers(summit_process, shipped, assistant):
    assistant.ask("What is InvestAI?")
    result = summit_process("ask", "What is InvestAI?", SUMMIT_DATA_DIR=shipped.data_dir)
    assert result.returncode == 0


def test_an_unchanged_corpus_is_recognised_in_under_a_second(shipped, embedder):
    from assistant.load import sync_corpus

    started = time.monotonic()
    assert not sync_corpus(shipped, embedder).changed
    assert time.monotonic() - started < 1


def test_feedback_export_without_feedback_says_so_and_writes_nothing(summit, tmp_path):
    result = summit("feedback", "export", SUMMIT_DATA_DIR=tmp_path / "data")
    assert (result.returncode, result.stdout) == (0, "")
    assert "no feedback yet" in result.stderr
    assert not (tmp_path / "data").exists()


def test_feedback_export_gives_questions_that_evaluate_reads(summit, shipped, assistant, tmp_path):
    from assistant.evaluation.questions import read_questions
    from assistant.feedback import Feedback, Verdict

    data = tmp_path / "data"
    answer = assistant.ask("What is InvestAI?")
    Feedback(data).judge("a", Verdict.UP, answer)
    Feedback(data).judge("b", Verdict.DOWN, assistant.ask("And the US?"), [("Who signed?", "Few.")])
    Feedback(data).comment("b", "<b>This</b> says nothing…")
    out = tmp_path / "judged.jsonl"
    assert summit("feedback", "export", out, SUMMIT_DATA_DIR=data).returncode == 0
    up, down = read_questions([out])
    assert up.documents == list(dict.fromkeys(each.document_id for each in answer.citations))
    assert (up.facts, up.category, up.model_extra["verdict"]) == ([], "feedback", "up")
    assert (down.history, down.documents) == ([("Who signed?", "Few.")], [])
    assert down.model_extra["comment"] == "<b>This</b> says nothing…"
    assert summit("feedback", "export", SUMMIT_DATA_DIR=data).stdout == out.read_text("utf-8")
    result = summit("evaluate", out, SUMMIT_DATA_DIR=shipped.data_dir)
    assert result.returncode == 0, result.stderr


def test_feedback_export_keeps_one_line_for_each_question_whatever_visitors_wrote(
    summit, tmp_path, assistant
):
    from assistant.evaluation.questions import read_questions
    from assistant.feedback import Feedback, Verdict

    odd = 'one\ntwo\u2028three\x85four\x0cfive \x1b[31m\x9b31m "quoted" \\ 🦉 naïve'
    Feedback(tmp_path).judge("a", Verdict.DOWN, assistant.ask("What is InvestAI?"), [(odd, odd)])
    Feedback(tmp_path).comment("a", odd)
    out = tmp_path / "judged.jsonl"
    summit("feedback", "export", out, SUMMIT_DATA_DIR=tmp_path)
    [question] = read_questions([out])
    assert (question.model_extra["comment"], question.history) == (odd, [(odd, odd)])
    printed = summit("feedback", "export", SUMMIT_DATA_DIR=tmp_path).stdout
    assert "naïve" in printed
    assert not {"\x1b", "\x9b", "\u2028"} & set(printed)


def test_feedback_export_to_a_folder_that_is_not_there_is_one_line(summit, tmp_path, assistant):
    from assistant.feedback import Feedback, Verdict

    Feedback(tmp_path).judge("a", Verdict.UP, assistant.ask("What is InvestAI?"))
    result = summit("feedback", "export", tmp_path / "none" / "x.jsonl", SUMMIT_DATA_DIR=tmp_path)
    assert result.returncode == 2
    assert "none/x.jsonl" in result.stderr
    assert "Traceback" not in result.stderr
