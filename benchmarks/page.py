"""What every benchmark's report needs: the machine's name, a table, a page to be written into."""

from __future__ import annotations

import argparse
import os
import platform
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DOCS = Path(__file__).parent.parent / "docs"


def processor() -> str:
    """Name the processor, or where the system does not tell, its kind."""
    cpuinfo = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*: (.+)", cpuinfo.read_text()) if cpuinfo.exists() else []
    return f"{os.cpu_count()} cores of {names[0] if names else platform.machine()}"


class Others:
    """Watches how much of the processors other programs take from now on."""

    def __init__(self) -> None:
        self._before = _processor_seconds()

    def said(self) -> str:
        """Say it in words."""
        others, everything = (
            now - before for now, before in zip(_processor_seconds(), self._before, strict=True)
        )
        share = others / everything if everything else 0.0
        return f"other programs took {share:.0%} of the processors meanwhile"


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """Give the lines as a Markdown table."""
    head, *body = lines
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, rule, *body])


def with_report(page: str, name: str, report: str) -> str:
    """Give the page with what stands between `<!-- name -->` and `<!-- /name -->` replaced."""
    before, start, rest = page.partition(f"<!-- {name} -->")
    _, end, after = rest.partition(f"<!-- /{name} -->")
    if not end:
        raise ValueError(f"the page has no <!-- {name} --> and <!-- /{name} --> to write between")
    return f"{before}{start}\n{report}\n{end}{after}"


def print_report(about: str, page: Path, name: str, measure: Callable[[Path], str]) -> None:
    """Measure in an empty folder; print the report and, with `--write`, put it into the page."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--write", action="store_true", help=f"also write it to {page.name}")
    write = parser.parse_args().write
    with tempfile.TemporaryDirectory() as folder:
        report = measure(Path(folder))
    print(report)
    if write:
        page.write_text(with_report(page.read_text("utf-8"), name, report), "utf-8")


def _processor_seconds() -> tuple[float, float]:
    """Give the seconds that the processors worked for other programs, and all there were."""
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    ours = sum(os.times()[:4])
    return sum(times) - idle - ours, sum(times)
