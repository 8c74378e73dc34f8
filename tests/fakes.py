"""Stand-ins that are quick and repeatable, with the interface of what they stand for."""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from assistant.answer import Answer, Citation, State, Statement
from assistant.conversations import CONVERSATIONS_FILE, Conversations
from corpus.document import Document, Section, Source
from index.embedding import Embedder
from index.search import Hit
from index.split import split
from index.terms import terms


def hits(*texts, cosine=0.5):
    """Give what a search finds when each text is a document, all equally near."""
    found = []
    for number, text in enumerate(texts):
        document = Document(f"d{number}", "A title", text, (Section("", 0, len(text)),))
        found += [
            Hit(passage, cosine, (cosine,) * len(passage.sentences), 0.5)
            for passage in split(document)
        ]
    return found


def a_citation(**fields):
    """Give a citation with some fields of its own."""
    values = {
        "marker": 1,
        "document_id": "d",
        "title": "A title",
        "publisher": "A paper",
        "date": "2025-02-11",
        "url": "https://example.org/a",
        "quote": "A quotation.",
        "start": 0,
        "end": 12,
    }
    return Citation(**{**values, **fields})


@contextmanager
def logs_as_before():
    """Undo what is done to the logs meanwhile."""
    root, ours = logging.getLogger(), logging.getLogger("summit")
    handlers, levels = [*root.handlers], (root.level, ours.level)
    try:
        yield
    finally:
        root.handlers = handlers
        root.setLevel(levels[0])
        ours.setLevel(levels[1])
        logging.captureWarnings(capture=False)


def break_an_answer(data_dir, word):
    """Keep an answer and damage it with a word; give the path at which a server cannot show it."""
    kept = Conversations(data_dir).add("", an_answer(citations=()), [])
    with sqlite3.connect(data_dir / CONVERSATIONS_FILE) as database:
        damage = "UPDATE answers SET record = replace(record, '\"answered\"', ?) WHERE id = ?"
        assert database.execute(damage, (f'"{word}"', kept.id)).rowcount == 1
    database.close()
    return f"/answers/{kept.id}"


def an_answer(**fields):
    """Give an answer with some fields of its own."""
    values = {
        "question": "Q?",
        "standalone_question": "Q?",
        "state": State.ANSWERED,
        "statements": (Statement("First.", (1,)), Statement("Second.", (1,))),
        "citations": (a_citation(),),
        "closest": (),
        "answerer": "built-in",
        "confidence": 1.0,
        "seconds": 0.1,
    }
    return Answer(**{**values, **fields})


class WordEmbedder(Embedder):
    """Embeds a text as the sum of fixed random directions, one for each of its terms."""

    name = "words"

    def __init__(self, name="words", dimension=64):
        self.name = name
        self._dimension = dimension

    def embed(self, texts):
        vectors = np.array([self._vector(text) for text in texts], dtype=np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def _vector(self, text):
        seeds = [int(hashlib.sha256(term.encode()).hexdigest()[:8], 16) for term in terms(text)]
        rows = [np.random.default_rng(seed).normal(size=self._dimension) for seed in seeds or [0]]
        return np.sum(rows, axis=0)


class ChatServer:
    """A small OpenAI-compatible server on the loopback; `reply` says how it behaves.

    A string is the answer; "HANG" never answers, "DRIP" sends a byte at a time,
    "BREAK" closes the connection half-way,
    500 is that status, and bytes are sent as the body whatever they are.
    A function is given the request's body and says which of these it is.
    """

    def __init__(self, reply):
        self.reply = reply
        self.requests = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._closed = threading.Event()
        # Looks so often whether it is to end, for otherwise each test waits half a second for it.
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self):  # noqa: C901 - one branch for each way of failing
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.requests.append(body)
                reply = server.reply(body) if callable(server.reply) else server.reply
                if reply == "HANG":
                    server._closed.wait(30)
                elif reply == 500:
                    self.send_error(500)
                elif reply == "DRIP":
                    self._drip()
                elif reply == "BREAK" and body.get("stream"):
                    self._stream("The UK did [1]. Then it", end=b"")
                elif reply == "BREAK":
                    self._send(_completion("The UK")[:40], length=4_000)
                elif isinstance(reply, bytes):
                    self._send(reply)
                elif body.get("stream"):
                    self._stream(reply)
                else:
                    self._send(_completion(reply))

            def _send(self, body, length=None):
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(length or len(body)))
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = True

            def _drip(self):
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                while not server._closed.wait(0.1):
                    self.wfile.write(b" ")

            def _stream(self, reply, end=b"data: [DONE]\n\n"):
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                for word in reply.split(" "):
                    chunk = {"choices": [{"index": 0, "delta": {"content": word + " "}}]}
                    self.wfile.write(f"data: {json.dumps(_envelope(chunk))}\n\n".encode())
                    self.wfile.flush()
                    time.sleep(0.001)
                self.wfile.write(end)

            def log_message(self, *_):
                pass

        return Handler


def _envelope(fields):
    return {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "fake", **fields}


def _completion(text):
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    fields = _envelope({"choices": [choice], "usage": usage})
    return json.dumps({**fields, "object": "chat.completion"}).encode()


def a_desk(assistant, **settings):
    """Give a desk where an assistant, or what stands for one, is asked."""
    from assistant.settings import read_settings
    from ui.admission import Admission
    from ui.desk import Desk
    from ui.watch import Watch

    settings = read_settings(**settings)
    watch = Watch(log_questions=settings.log_questions)
    return Desk(assistant, settings, Admission(settings), watch)


class Shelf:
    """The documents of an assistant, and nothing that answers."""

    answerer = "built-in"
    generation = "g000001"

    def __init__(self, *documents, starters=()):
        self.shelf = {each.id: each for each in documents}
        self._starters = list(starters)

    def documents(self):
        return iter(self.shelf.values())

    def document(self, document_id):
        return self.shelf[document_id]

    def document_count(self):
        return len(self.shelf)

    def check(self):
        pass

    def starters(self):
        return self._starters


class AssistantOfOwls(Shelf):
    """Answers every question with what it is given, from two documents; remembers what it is asked.

    `steps` are the answers that it gives one after the other, an exception among them is raised.
    """

    def __init__(self, *steps):
        owls = "Owls\n\nAn owl hunts mice. It sleeps by day.\n\nWhere\n\nIn barns."
        where = owls.index("In barns.")
        sections = (Section("Owls", 6, where), Section("Where", where, len(owls)))
        source = Source("k", "A paper", "Of owls", "2025-01", "https://example.org/owls")
        super().__init__(
            Document("owls", "Owls", owls, sections, topics=("birds",), sources=(source,)),
            Document("кошки", "Cats", "Cats purr.", (Section("", 0, 10),), publisher="A paper"),
        )
        self.steps = steps or (an_answer(),)
        self.asked = []

    def invoke(self, question):
        *_, last = self.stream(question)
        return last

    def stream(self, question):
        self.asked.append(question)
        for each in self.steps:
            if isinstance(each, Exception):
                raise each
            yield each

    def search(self, question, count=10):
        self.asked.append(question)
        return hits("An owl hunts mice.", "Cats purr.")[:count]


def a_client(assistant, folder, **settings):
    """Give a client of all that is served beside the Gradio page; it knows its desk."""
    from fastapi.testclient import TestClient

    from assistant.conversations import Conversations
    from assistant.feedback import Feedback
    from ui.server import build_routes

    desk = a_desk(assistant, **settings)
    routes = build_routes(desk, Conversations(folder), Feedback(folder), shipped=False)
    client = TestClient(routes, base_url="http://127.0.0.1:7860", raise_server_exceptions=False)
    client.desk = desk
    return client


def events_of(text):
    """Read server-sent events: the name and the data of each."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if line and line[0] != ":")
        if lines:
            found.append((lines.get("event", "message"), lines["data"]))
    return found
