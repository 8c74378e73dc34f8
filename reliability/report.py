"""Runs every harness and prints the table of docs/reliability.md; `--write` puts it there.

`--strings` takes files of further strings for the harness of payloads.
The exit code is 1 where a promise was not kept.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "benchmarks"))

from page import DOCS, Others, processor, with_report
from strings import read_strings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PAGE = DOCS / "reliability.md"
_MOST_SECONDS = 1800


class Promise(NamedTuple):
    """What is promised, the harness that shows it with its arguments, and its figures in words."""

    text: str
    harness: str
    arguments: tuple[str, ...]
    said: Callable[[dict[str, Any]], str]


def _killed(found: dict[str, Any]) -> str:
    return (
        f"{found['kills']} kills that struck, {found['wrong']} with a document lost, half or "
        "mixed, or a vector that is not found by itself"
    )


def _killed_server(found: dict[str, Any]) -> str:
    return (
        f"{found['kills']} builders and {found['server_kills']} servers killed, {found['wrong']} "
        f"with anything wrong, {found['rebuilt']} mended by the rebuild that the next run named; "
        f"{found['answers']:,} searches meanwhile"
    )


def _together(found: dict[str, Any]) -> str:
    return (
        f"{found['rounds']} rounds, {found['wrong']} wrong; {found['told']} were told, after "
        f"{found['slowest_told']} s at most; {found['answers']:,} searches meanwhile, none failed"
    )


def _full(found: dict[str, Any]) -> str:
    return (
        f"{found['tries']} sizes of {found['disk']}: {found['refused']} refused in one line, "
        f"{found['done']} done, {found['wrong']} wrong"
    )


def _damaged(found: dict[str, Any]) -> str:
    return (
        f"{found['damages']} damages: {found['detected']} detected, {found['harmless']} without "
        f"effect, {found['repaired']} repaired, {found['wrong']} wrong"
    )


def _fleet(found: dict[str, Any]) -> str:
    return (
        f"{found['kills']} kills of one of {found['processes']}, {found['passed_on']} requests "
        f"passed on by nginx: {found['questions']:,} questions, {found['at_once']:,} answered at "
        f"once, {found['after_a_retry']} after a retry, {found['wrong']} not"
    )


def _hostile(found: dict[str, Any]) -> str:
    return (
        f"{found['hostile_files']} bad files: {found['refused_in_one_line']} refused in one line, "
        f"the rest read; {found['good_files_indexed']} good ones indexed; at most "
        f"{found['longest_seconds']} s and {found['most_megabytes']} MB"
    )


def _injected(found: dict[str, Any]) -> str:
    return (
        f"{found['injections']} orders: {found['answers_that_quote_the_order']} quoted, "
        f"{found['answered_rightly']} questions answered rightly, {len(found['faults'])} unknown "
        "citations or addresses, also with a model that obeys every order"
    )


def _payloads(found: dict[str, Any]) -> str:
    return f"{found['strings']:,} strings, {len(found['faults'])} faults"


PROMISES = (
    Promise(
        "`kill -9` at any moment of an ingestion, update or rebuild: every document is wholly in "
        "or wholly out, and the next run mends the rest",
        "kill",
        ("--kills", "200"),
        _killed,
    ),
    Promise(
        "The same on a Chroma server, where that is killed, too, and started again; who reads "
        "meanwhile is answered rightly, or told that it is gone",
        "kill_server",
        ("--kills", "60"),
        _killed_server,
    ),
    Promise(
        "Of two ingestions at once the second is told within 2 s; who reads meanwhile is answered",
        "together",
        ("--rounds", "20"),
        _together,
    ),
    Promise("A full disk leaves the old index in use", "full", ("--tries", "40"), _full),
    Promise(
        "Damage to any file of the index, another embedder, splitter or version is found and "
        "mended",
        "damage",
        (),
        _damaged,
    ),
    Promise(
        "Of several processes behind nginx one may be killed at any time: every question is "
        "answered, after one retry at most",
        "fleet",
        ("--processes", "2", "--seconds", "300"),
        _fleet,
    ),
    Promise(
        "A broken or malicious file is refused in one line or read sensibly; the others go in",
        "hostile",
        (),
        _hostile,
    ),
    Promise("Orders in documents are not obeyed", "injections", (), _injected),
    Promise(
        "No script runs and no foreign request leaves, whatever is asked or stands in documents",
        "payloads",
        (),
        _payloads,
    ),
)


def main() -> None:
    """Run them one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--strings", nargs="+", type=_readable, default=[], metavar="FILE")
    arguments = parser.parse_args()
    others = Others()
    rows = ["| Promise | Shown by | Reached |", "| --- | --- | --- |"]
    kept = True
    for promise in PROMISES:
        files = arguments.strings if promise.harness == "payloads" else []
        figures = _figures(promise, files)
        kept &= figures is not None and not (figures.get("wrong") or figures.get("faults"))
        reached = promise.said(figures) if figures else "the harness failed"
        names = (each.name for each in files)
        command = " ".join((f"{promise.harness}.py", *promise.arguments, *names))
        rows.append(f"| {promise.text} | `{command}` | {reached} |")
        print(rows[-1], flush=True)
    report = "\n".join([*rows, "", f"{processor()}; {others.said()}."])
    if arguments.write:
        PAGE.write_text(with_report(PAGE.read_text("utf-8"), "reliability", report), "utf-8")
    sys.exit(not kept)


def _readable(name: str) -> Path:
    read_strings(name)  # a file that is none is told now, not after all other harnesses
    return Path(name)


def _figures(promise: Promise, files: Sequence[Path]) -> dict[str, Any] | None:
    """Give what a harness printed; None where it printed nothing."""
    harness = HERE / f"{promise.harness}.py"
    command = [sys.executable, str(harness), *promise.arguments, *map(str, files)]
    result = subprocess.run(
        command, check=False, stdout=subprocess.PIPE, text=True, timeout=_MOST_SECONDS
    )
    try:
        figures: dict[str, Any] = json.loads(result.stdout)
    except ValueError:
        return None
    return figures


if __name__ == "__main__":
    main()
