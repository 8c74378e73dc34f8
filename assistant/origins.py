"""Where the widget may stand and browsers may ask from: origins, as the web means the word."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_HOST = re.compile(rf"(?:\*\.{_LABEL}\.)?{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:.]+\]")
_EXAMPLE = "https://www.example.org"


def check_origin(text: str) -> str:
    """Give an origin such as `https://www.example.org`, or `https://*.example.org` for all below.

    Raises:
        ValueError: it is none; the message says what to write instead.
    """
    if "*" in text and not re.match(r"https?://\*\.[^*.]+\.[^*]+$", text):
        raise ValueError(
            f"{text!r} has a wildcard in the wrong place; write each site, as {_EXAMPLE}, or "
            "https://*.example.org for all the sites below example.org"
        )
    try:
        parts = urlsplit(text)
        host, port = _ascii(parts.hostname or ""), parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    if parts.scheme not in _DEFAULT_PORTS or not _HOST.fullmatch(host):
        hint = f"https://{text}" if _HOST.fullmatch(text.lower()) and "*" not in text else _EXAMPLE
        raise ValueError(f"{text!r} is no origin; write, for instance, {hint}")
    written = port is not None and port != _DEFAULT_PORTS[parts.scheme]
    origin = f"{parts.scheme}://{host}" + (f":{port}" if written else "")
    if text != origin:
        raise ValueError(f"{text!r} is more than an origin, or not written as one; write {origin}")
    return origin


def origins_pattern(origins: tuple[str, ...]) -> str:
    """Give a regular expression that whole origins match which are allowed."""
    below = rf"(?:{_LABEL}\.)+"
    return "|".join(re.escape(each).replace(r"\*\.", below) for each in origins)


def _ascii(host: str) -> str:
    if ":" in host:
        return f"[{host}]"
    return host if host.isascii() else host.encode("idna").decode("ascii")
