"""Measures one system at one piece of work, in a process of its own; started by systems.py.

It reads the work as one JSON object from its standard input, and writes the result as the last
line of its standard output.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from setups import SETUPS, WARM_UP, Ours

if TYPE_CHECKING:
    from collections.abc import Callable

    from setups import Setup

Result = dict[str, Any]


def main() -> None:
    """Do the work that is asked for."""
    work = json.load(sys.stdin)
    setup = SETUPS[work["system"]]()
    folder = Path(work["folder"])
    if work["do"] == "ingest":
        result = ingest(setup, Path(work["texts"]), folder)
    else:
        result = ask(setup, folder, work["questions"], work["started"])
        if isinstance(setup, Ours):
            result["answers"] = answer(setup, work["answer"], result["first"])
    print(json.dumps(result))


def ingest(setup: Setup, texts: Path, folder: Path) -> Result:
    """Time an ingestion, by a model that is loaded, and the part of it within the model."""
    setup.load()
    owner, method = setup.embeds()
    within: list[float] = []
    setattr(owner, method, timed(getattr(owner, method), within))
    started, worked = time.perf_counter(), time.process_time()
    setup.ingest(texts, folder)
    return {
        "seconds": time.perf_counter() - started,
        "processor": time.process_time() - worked,
        "embedding": sum(within),
        "memory": peak_memory(),
        "disk": sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
    }


def ask(setup: Setup, folder: Path, questions: list[str], started: float) -> Result:
    """Time the first passages since `started`, by the clock of `time.monotonic`, then each find."""
    setup.open(folder)
    setup.find(WARM_UP)
    result: Result = {"first": time.monotonic() - started, "seconds": [], "found": []}
    for question in questions:
        asked = time.perf_counter()
        found = setup.find(question)
        result["seconds"].append(time.perf_counter() - asked)
        result["found"].append(found)
    result["memory"] = peak_memory()
    return result


def answer(setup: Ours, questions: list[str], first_found: float) -> Result:
    """Time whole answers; the first one takes `first_found` seconds and what comes on top."""
    opened = time.perf_counter()
    assistant = setup.assistant()
    assistant.ask(WARM_UP)
    first = first_found + time.perf_counter() - opened
    seconds, found = [], []
    for question in questions:
        trace = assistant.trace(question)
        seconds.append(trace.answer.seconds)
        found.append([(each.passage.document_id, each.passage.text) for each in trace.hits])
    return {"first": first, "seconds": seconds, "found": found, "memory": peak_memory()}


def timed(method: Callable[..., Any], seconds: list[float]) -> Callable[..., Any]:
    """Give the method, which then also writes down how long each call took."""

    @wraps(method)
    def call(*arguments: Any, **named: Any) -> Any:
        started = time.perf_counter()
        try:
            return method(*arguments, **named)
        finally:
            seconds.append(time.perf_counter() - started)

    return call


def peak_memory() -> int:
    """Give the most bytes that this process held, and what those that it started hold."""
    unit = 1 if sys.platform == "darwin" else 1024
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return own + sum(each.memory_info().rss for each in psutil.Process().children(recursive=True))


if __name__ == "__main__":
    main()
