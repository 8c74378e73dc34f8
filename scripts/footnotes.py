"""Writes each shipped document's sources as footnotes at its end, for readers of the repository.

The front matter is the truth; `--check` only says which documents differ from it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import yaml

DOCUMENTS = Path(__file__).parent.parent / "corpus" / "documents"


def with_footnotes(document: str) -> str:
    """Give the document with one footnote definition for each source of its front matter."""
    _, front_matter, body = document.split("---\n", 2)
    body = re.sub(r"(?m)^\[\^[\w-]+\]:.*\n?", "", body).rstrip()
    notes = [
        f"[^{source['key']}]: {source['publisher']}, “{source['title']}”, "
        f"{source['date']}, <{source['url']}>"
        for source in yaml.safe_load(front_matter)["sources"]
    ]
    return f"---\n{front_matter}---\n{body}\n\n" + "\n".join(notes) + "\n"


def main() -> int:
    """Rewrite the documents, or with `--check` list those that are out of date."""
    check = "--check" in sys.argv[1:]
    stale = [
        path
        for path in sorted(DOCUMENTS.glob("*.md"))
        if with_footnotes(path.read_text("utf-8")) != path.read_text("utf-8")
    ]
    for path in stale:
        if check:
            print(f"{path.name}: footnotes differ from the front matter; run make footnotes")
        else:
            path.write_text(with_footnotes(path.read_text("utf-8")), "utf-8")
    return int(check and bool(stale))


if __name__ == "__main__":
    raise SystemExit(main())
