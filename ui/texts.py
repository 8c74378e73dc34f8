"""The texts of the interface, in each language that it speaks."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import Request

LANGUAGES = ("en", "fr")


class Texts:
    """The texts of one language, by key; a KeyError names a key that there is not."""

    def __init__(self, language: str) -> None:
        data = files("ui").joinpath(f"texts/{language}.json").read_text("utf-8")
        self.language = language
        self.texts: dict[str, str] = json.loads(data)

    def __call__(self, key: str, **values: object) -> str:
        """Give a text with its values filled in; `count=1` takes the singular, if there is one."""
        if values.get("count") == 1 and f"{key}_one" in self.texts:
            key = f"{key}_one"
        return self.texts[key].format(**values)

    def said(self, message: str) -> str:
        """Give what the assistant says, which it does in English, in this language if known."""
        for key, english in texts(LANGUAGES[0]).texts.items():
            if key.startswith("says_") and (found := _pattern(english).fullmatch(message)):
                return self(key, **found.groupdict())
        return message

    def month(self, date: str) -> str:
        """Give an ISO 8601 date, as far as it is known, as month and year."""
        year, _, month = date[:7].partition("-")
        return f"{self('months').split(',')[int(month) - 1]} {year}" if month else year


@lru_cache
def texts(language: str) -> Texts:
    """Give the texts of a language, or English ones where it is not spoken."""
    return Texts(language if language in LANGUAGES else LANGUAGES[0])


@lru_cache
def _pattern(text: str) -> re.Pattern[str]:
    """Give what a text looks like with its values filled in."""
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(text)), re.DOTALL)


def texts_for(request: Request) -> Texts:
    """Give the texts in the language that a visitor chose, or else the browser prefers."""
    asked = request.query_params.get("lang", ""), request.cookies.get("lang", "")
    preferred = re.findall(r"\b([a-z]{2})\b[^,]*", request.headers.get("accept-language", ""))
    spoken = [each for each in (*asked, *preferred) if each in LANGUAGES]
    return texts(spoken[0] if spoken else "")
