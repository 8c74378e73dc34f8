"""Kills servers behind nginx one after the other while they are asked, and starts them again.

    python reliability/fleet.py --processes 2 --seconds 120

Prints one JSON object: how many questions were answered at once, after one retry by whoever asked,
and not even then; the exit code is 1 where there were such. With `--planted` all servers are killed
together, which must be found.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from nginx import Askers, Fleet

from assistant.load import default_embedder, sync_corpus
from assistant.settings import read_settings

_QUESTION = "Why did the UK not sign the Paris statement?"
_MOST_EXAMPLES = 5


def main() -> None:
    """Let them be asked and killed for so long and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--askers", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=120, help="how long they are asked")
    parser.add_argument("--pause", type=float, default=3, help="seconds before and after a kill")
    parser.add_argument("--data", type=Path, help="data folder with an index that is up to date")
    parser.add_argument("--planted", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        data = arguments.data or _indexed(Path(temporary) / "data")
        with Fleet(Path(temporary), [data] * arguments.processes) as fleet:
            figures = _figures(fleet, arguments)
    json.dump(figures, sys.stdout)
    sys.stdout.write("\n")
    sys.exit(bool(figures["wrong"]))


def _indexed(data: Path) -> Path:
    """Give a data folder with an index of the shipped documents."""
    sync_corpus(read_settings(data_dir=data), default_embedder())
    return data


def _figures(fleet: Fleet, arguments: argparse.Namespace) -> dict[str, Any]:
    with Askers(fleet.address, _QUESTION, arguments.askers) as askers:
        kills = (_all_killed if arguments.planted else _one_by_one)(fleet, arguments)
    return {
        "processes": arguments.processes,
        "kills": kills,
        "questions": askers.outcomes.total(),
        "at_once": askers.outcomes["at once"],
        "after_a_retry": askers.outcomes["after a retry"],
        "passed_on": fleet.passed_on(),
        "wrong": askers.outcomes["failed"],
        "examples": askers.why[:_MOST_EXAMPLES],
    }


def _one_by_one(fleet: Fleet, arguments: argparse.Namespace) -> int:
    """Kill each in its turn until the time is up, and start it again; give how many kills."""
    ends = time.monotonic() + arguments.seconds
    for kills in itertools.count():
        time.sleep(arguments.pause)
        if time.monotonic() > ends:
            return kills
        struck = kills % arguments.processes
        fleet.kill(struck)
        time.sleep(arguments.pause)
        fleet.start_again(struck)
    raise AssertionError  # the count has no end


def _all_killed(fleet: Fleet, arguments: argparse.Namespace) -> int:
    for struck in range(arguments.processes):
        fleet.kill(struck)
    time.sleep(arguments.seconds)
    return arguments.processes


if __name__ == "__main__":
    main()
