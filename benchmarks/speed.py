"""Measures speed and memory on the shipped corpus and prints them as one Markdown table.

With `--write` the table also goes between the markers of docs/benchmarks.md. What each row
means is said there.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psutil
from page import DOCS, Others, print_report, processor
from playwright.sync_api import sync_playwright
from timing import seconds

from assistant.evaluation.questions import DEV_QUESTIONS, read_questions
from assistant.load import index_folder, open_assistant, sync_corpus
from assistant.question import Question
from assistant.settings import read_settings
from corpus.load import SHIPPED_DOCUMENTS, find_files
from index.embedding import Embedder, MiniLM

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from playwright.sync_api import Page

    from assistant.settings import Settings

PAGE = DOCS / "benchmarks.md"
QUESTION = "Why did the UK not sign the Paris statement?"
_LIMIT_SECONDS = 300
_ASKED_IN_PAGE = 40
# From the question being sent to its first words being painted, by the page's own clock.
TIME_WORDS = """(question) => new Promise((done) => {
    const box = document.querySelector(".composer textarea");
    const asked = document.querySelectorAll(".turn").length;
    const began = performance.now();
    new MutationObserver((_, observer) => {
        if (!document.querySelectorAll(".turn")[asked]?.querySelector(".text")) return;
        observer.disconnect();
        requestAnimationFrame(() => done(performance.now() - began));
    }).observe(document.querySelector(".turns"), { childList: true, subtree: true });
    box.value = question;
    box.form.requestSubmit();
})"""


class Row(NamedTuple):
    """A line of the table."""

    what: str
    measured: str
    aim: str = ""


@dataclass
class Recorder(Embedder):
    """Embeds as `model` does; keeps the batches it is given and counts the seconds."""

    model: Embedder
    batches: list[list[str]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """Give the name of the model."""
        return self.model.name

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give what the model gives."""
        self.batches.append(list(texts))
        started = time.perf_counter()
        vectors = self.model.embed(texts)
        self.seconds += time.perf_counter() - started
        return vectors

    def again(self) -> None:
        """Embed the same batches once more, with nothing else around it."""
        for batch in self.batches:
            self.model.embed(batch)


def measure(data_dir: Path) -> str:
    """Measure everything in an empty folder; give the table and a line about the machine."""
    settings = read_settings(data_dir=data_dir, corpus_dir=SHIPPED_DOCUMENTS, model="")
    others = Others()
    model = MiniLM()
    model.embed(["warm up"])
    print("ingesting and embedding, three times each", file=sys.stderr)
    ingestion = measure_ingestion(settings, model)
    print("answering, then starting the command again and again", file=sys.stderr)
    rows = [
        *measure_answers(settings, model),
        *ingestion,
        measure_unchanged(settings, model),
        *measure_command(data_dir),
        *measure_serve(data_dir),
    ]
    machine = (
        f"{processor()}; ONNX Runtime {version('onnxruntime')}, "
        f"Python {platform.python_version()}; {others.said()}."
    )
    return f"{table(rows)}\n\n{machine}"


def measure_answers(settings: Settings, model: Embedder) -> list[Row]:
    """Time the built-in answer to each development question, with its turns before."""
    questions = read_questions([DEV_QUESTIONS])
    assistant = open_assistant(settings, model)
    assistant.warm_up()
    asked = [Question.of(each.question, tuple(each.history)) for each in questions]
    times = [1000 * seconds(lambda: next(assistant.stream(each))) for each in asked]  # noqa: B023 - called at once
    what = f"Warm answer, {len(times)} questions"
    return [
        Row(f"{what}: median", f"{statistics.median(times):.0f} ms", "250 ms"),
        Row(f"{what}: 95th percentile", f"{statistics.quantiles(times, n=20)[-1]:.0f} ms"),
        Row("Resident memory after ingestion and these answers", memory(psutil.Process())),
    ]


def measure_ingestion(settings: Settings, model: Embedder) -> list[Row]:
    """Time the ingestion of the corpus and the embedding of the same batches alone, by turns."""
    rounds = []
    for _ in range(3):
        shutil.rmtree(index_folder(settings), ignore_errors=True)
        recorder = Recorder(model)
        whole = seconds(partial(sync_corpus, settings, recorder))
        outside = whole - recorder.seconds
        rounds.append((whole, seconds(recorder.again), outside))
    whole, bare, outside = map(min, zip(*rounds, strict=True))
    documents = len(find_files([SHIPPED_DOCUMENTS]))
    sentences = sum(len(batch) for batch in recorder.batches)
    return [
        Row(f"Ingestion of {documents} documents", f"{documents / whole:.1f}/s ({whole:.1f} s)"),
        Row(
            f"Bare embedding of their {sentences:,} sentences",
            f"{documents / bare:.1f}/s ({bare:.1f} s)",
        ),
        Row("Time of ingestion to bare embedding", f"{whole / bare:.2f} times", "1.3 times"),
        Row("Time of ingestion outside the model", f"{outside:.1f} s"),
    ]


def measure_unchanged(settings: Settings, model: Embedder) -> Row:
    """Time how long it takes to see that nothing has changed."""

    def look() -> None:
        if sync_corpus(settings, model).changed:
            raise RuntimeError("the corpus changed while it was measured; run again")

    taken = statistics.median(seconds(look) for _ in range(3))
    return Row("Unchanged corpus recognised", f"{taken:.3f} s", "1 s")


def measure_command(data_dir: Path) -> list[Row]:
    """Time the command line from start to end, each time as a new process."""

    def run(*arguments: str) -> float:
        return seconds(
            lambda: subprocess.run(
                [summit(), *arguments],
                env=environment(data_dir),
                cwd=data_dir,
                capture_output=True,
                check=True,
                timeout=_LIMIT_SECONDS,
            )
        )

    best = min(run("--help") for _ in range(5))
    median = statistics.median(run("ask", QUESTION) for _ in range(3))
    return [
        Row("`summit --help`, best of 5", f"{best:.2f} s", "0.3 s"),
        Row("`summit ask` with an index, median of 3", f"{median:.1f} s"),
    ]


def measure_serve(data_dir: Path) -> list[Row]:
    """Time the server from its start to ready and to the first answer in a browser."""
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        ) as browser,
    ):
        return time_serve(data_dir, browser.new_page())


def time_serve(data_dir: Path, page: Page) -> list[Row]:
    """Start the server, ask it one question in a page that is already open."""
    started = time.perf_counter()
    with subprocess.Popen(
        [summit(), "serve"],
        env=environment(data_dir),
        cwd=data_dir,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            address = address_when_ready(server)
            ready = time.perf_counter() - started
            page.goto(address)
            page.get_by_role("textbox", name="Your question").fill(QUESTION)
            page.keyboard.press("Enter")
            page.locator(".turn .sources").wait_for()
            given = time.perf_counter() - started
            used = memory(psutil.Process(server.pid))
            in_page = measure_page(page, address)
        finally:
            server.kill()
    return [
        Row("`summit serve` with an index, start to ready", f"{ready:.1f} s"),
        Row("`summit serve`, start to the first answer in the browser", f"{given:.1f} s"),
        Row("Resident memory of `summit serve` then", used),
        *in_page,
    ]


def measure_page(page: Page, address: str) -> list[Row]:
    """Time a warm page until it can be used, and each question in it until its first words."""

    def usable() -> None:
        page.goto(address)
        page.locator(".chat[data-ready]").wait_for()

    opened = [seconds(usable) for _ in range(5)]
    questions = [each for each in read_questions([DEV_QUESTIONS]) if not each.history]
    times = []
    for each in questions[:_ASKED_IN_PAGE]:
        times.append(page.evaluate(TIME_WORDS, each.question))
        page.locator(".chat[data-state=idle]").wait_for()
    what = f"First words in the page, {len(times)} questions"
    return [
        Row(
            "Page opened until it can be used, median of 5",
            f"{statistics.median(opened):.2f} s",
            "1 s",
        ),
        Row(f"{what}: median", f"{statistics.median(times):.0f} ms", "150 ms"),
        Row(f"{what}: 95th percentile", f"{statistics.quantiles(times, n=20)[-1]:.0f} ms"),
    ]


def address_when_ready(server: subprocess.Popen[str]) -> str:
    """Wait until the server says that it is ready; give the address it names."""
    said = []
    for line in server.stderr or ():
        said.append(line)
        found = re.search(r"ready: (http://\S+)", line)
        if found:
            return found[1]
    raise RuntimeError(f"summit serve ended before it was ready: {''.join(said)}")


def environment(data_dir: Path) -> dict[str, str]:
    """Give the environment without settings of the user's.

    The server picks a free port, and lets one visitor ask faster than anybody does.
    """
    kept = {name: value for name, value in os.environ.items() if name[:7].upper() != "SUMMIT_"}
    own = {"SUMMIT_DATA_DIR": str(data_dir), "SUMMIT_PORT": "0"}
    return {**kept, **own, "SUMMIT_VISITOR_RATE": "10000", "SUMMIT_RATE": "10000"}


def summit() -> str:
    """Give the path of the command that is installed beside this Python."""
    return str(Path(sys.executable).with_name("summit"))


def memory(process: psutil.Process) -> str:
    """Say how much memory a process holds."""
    return f"{process.memory_info().rss / 1e6:.0f} MB"


def table(rows: Sequence[Row]) -> str:
    """Give the rows as a Markdown table."""
    head = ["| What | Measured | Aim: under |", "| --- | ---: | ---: |"]
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in rows)])


if __name__ == "__main__":
    print_report(__doc__ or "", PAGE, "speed", measure)
