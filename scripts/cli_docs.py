"""Writes docs/cli.md from the commands themselves; `--check` only says whether it is current."""

from __future__ import annotations

import sys
from pathlib import Path

from typer.testing import CliRunner

from assistant.settings import Settings
from ui.cli import app

PAGE = Path(__file__).parent.parent / "docs" / "cli.md"


def page() -> str:
    """Give the whole page: every command's help and every setting."""
    parts = ["# The command line\n\nWritten by `make docs` from the commands themselves.\n"]
    runner = CliRunner(env={"COLUMNS": "96", "TERMINAL_WIDTH": "96"})
    commands = [str(each.callback.__name__) for each in app.registered_commands if each.callback]
    for group in app.registered_groups:
        inside = group.typer_instance.registered_commands if group.typer_instance else []
        commands += [f"{group.name} {each.callback.__name__}" for each in inside if each.callback]
    for command in ("", *commands):
        title = f"summit {command}".strip()
        text = runner.invoke(app, [*command.split(), "--help"], prog_name="summit").stdout
        lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
        parts.append(f"## {title}\n\n```text\n{lines}\n```\n")
    parts.append(
        "## Settings\n\nEach is an environment variable, or a line of `summit.toml` in the current "
        "folder without `SUMMIT_` and in small letters. The environment wins.\n"
    )
    rows = [
        f"| `SUMMIT_{name.upper()}` | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    parts.append("| variable | meaning |\n| --- | --- |\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def main() -> int:
    """Write the page, or with `--check` compare it."""
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(page(), "utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text("utf-8") == page():
        return 0
    print("docs/cli.md is not what the commands say; run: make docs")
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
