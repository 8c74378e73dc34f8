"""Says how often the check of written sentences errs, on statements that it was never mended by.

They are those of `training/data/`, true and false ones made hard on purpose: the false ones differ
from the passage in one thing, mostly with names and numbers that stand elsewhere in it.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from assistant.answerers.verify import verify
from assistant.french import is_french
from corpus.document import Document, Section
from index.split import split

DATA = Path(__file__).parent.parent / "training" / "data"


def main() -> None:
    """Print a table: language, true sentences lost, false ones caught."""
    counts: Counter[tuple[bool, bool, bool]] = Counter()
    for path in sorted(DATA.glob("statements-*.json")):
        for row in json.loads(path.read_text("utf-8"))["data"]:
            text = row["context"]
            passages = split(Document("own", row["title"], text, (Section("", 0, len(text)),)))
            for each in row["statements"]:
                failed = verify(each["text"], passages).fault is not None
                counts[is_french(each["text"]), each["supported"], failed] += 1
    print("| language | true sentences lost | false sentences caught |\n| --- | ---: | ---: |")
    for french, name in ((False, "English"), (True, "French")):
        lost, caught = (_share(counts, french, supported) for supported in (True, False))
        print(f"| {name} | {lost} | {caught} |")


def _share(counts: Counter[tuple[bool, bool, bool]], french: bool, supported: bool) -> str:  # noqa: FBT001
    failed = counts[french, supported, True]
    total = failed + counts[french, supported, False]
    return f"{failed} of {total} ({failed / total:.0%})"


if __name__ == "__main__":
    main()
