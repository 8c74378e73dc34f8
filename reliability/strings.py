"""Files of further strings for the harness of payloads."""

from __future__ import annotations

import json
from argparse import ArgumentTypeError
from pathlib import Path


def read_strings(name: str) -> list[str]:
    """Give the strings of a file: of the JSON list where its name ends in .json, else its lines.

    Raises:
        ArgumentTypeError: if there are none or they cannot be read; says why.
    """
    path = Path(name)
    try:
        text = path.read_text("utf-8")
        # Strings that break programs have other separators of lines in them.
        lines = text.removesuffix("\n").split("\n")
        strings = json.loads(text) if path.suffix == ".json" else lines
    except OSError as error:
        raise ArgumentTypeError(f"{name}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ArgumentTypeError(f"{name} is not in UTF-8; save it anew so") from None
    except json.JSONDecodeError as error:
        raise ArgumentTypeError(f"{name} is no JSON: {error}") from None
    if not isinstance(strings, list) or not all(isinstance(each, str) for each in strings):
        raise ArgumentTypeError(f"{name} is no JSON list of strings")
    if not any(strings):
        raise ArgumentTypeError(f"{name} holds no strings; write one a line")
    return strings
