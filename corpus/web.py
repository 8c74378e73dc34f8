"""Fetches a page of the web and of nothing else: what is in our own network stays there."""

from __future__ import annotations

import hashlib
import ipaddress
import re
import socket
from ipaddress import IPv4Address, IPv6Address
from queue import Empty, Queue
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from corpus.errors import DocumentError, WebPageError
from corpus.load import DocumentFile, slug

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from ssl import SSLContext

    Address = IPv4Address | IPv6Address

SECONDS = 30
MAX_BYTES = 20 * 2**20
MAX_REDIRECTS = 5
SUFFIXES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
}
_OP_SECONDS = 10
_SLUG_CHARACTERS = 80
_HEADERS = {"User-Agent": "summit-assistant", "Accept-Encoding": "identity"}
# What Python counts as global, and nobody should reach from here.
_REFUSED = [
    ipaddress.ip_network(each)
    for each in (
        *("192.88.99.0/24", "100.64.0.0/10", "fec0::/10", "2001:db8::/32", "3fff::/20"),
        *("5f00::/16", "64:ff9b:1::/48"),
    )
]
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LOW_32 = 0xFFFFFFFF


def resolve(host: str, port: int) -> list[str]:
    """Look a name up."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


def is_public(address: Address) -> bool:
    """Whether an address is one of the open internet, with whatever address it stands for."""
    if address in _NAT64:
        return is_public(IPv4Address(int(address) & _LOW_32))
    within = []
    if isinstance(address, IPv6Address):
        within = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    return (
        address.is_global
        and not (address.is_multicast or address.is_reserved or address.is_link_local)
        and not any(address in network for network in _REFUSED)
        and all(is_public(each) for each in within if each)
    )


class Pinned(httpx.HTTPTransport):
    """Connects to the very address that was checked, for the first request and each redirect."""

    def __init__(
        self,
        look_up: Callable[[str, int], list[str]] = resolve,
        allow: Callable[[Address], bool] = is_public,
        verify: SSLContext | bool = True,  # noqa: FBT001, FBT002 - as httpx has it
    ) -> None:
        super().__init__(verify=verify, trust_env=False)
        self._look_up = look_up
        self._allow = allow

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to where its host is, if that may be reached."""
        host = request.url.host
        if request.url.scheme not in {"http", "https"}:
            raise WebPageError("leads to what is no http or https address; fetch it by other means")
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        try:
            found = [ipaddress.ip_address(each) for each in self._look_up(host, port)]
        except (OSError, ValueError) as error:
            raise WebPageError("is of a host that is not found; check the spelling") from error
        if not found or not all(map(self._allow, found)):
            raise WebPageError(
                "leads into a private network; save the page there, and ingest the file"
            )
        pinned = httpx.Request(
            request.method,
            request.url.copy_with(host=str(found[0])),
            headers=request.headers,
            extensions={**request.extensions, "sni_hostname": host},
        )
        return super().handle_request(pinned)


def save(url: str, folder: Path, transport: httpx.BaseTransport | None = None) -> DocumentFile:
    """Fetch a page into a folder; give the file, which knows the address of the page.

    Raises:
        WebPageError: it may not or cannot be fetched; one line that says how to mend it.
    """
    try:
        final, suffix, data = _within(SECONDS, lambda: _fetch(url, transport or Pinned()))
    except WebPageError as error:
        raise WebPageError(f"{ascii(url)[1:-1]} {error}") from error
    name = slug(re.sub(r"^\w+://", "", final))[:_SLUG_CHARACTERS].strip("-")
    mark = hashlib.sha256(final.encode()).hexdigest()[:8]
    folder.mkdir(parents=True, exist_ok=True)
    path = (folder / f"{name}-{mark}{suffix}").absolute()
    path.write_bytes(data)
    status = path.stat()
    return DocumentFile(path, path.stem, status.st_size, status.st_mtime_ns, final)


def _fetch(url: str, transport: httpx.BaseTransport) -> tuple[str, str, bytes]:
    _check(url)
    client = httpx.Client(
        transport=transport,
        trust_env=False,
        follow_redirects=True,
        max_redirects=MAX_REDIRECTS,
        timeout=_OP_SECONDS,
        headers=_HEADERS,
    )
    try:
        with client, client.stream("GET", url) as response:
            return str(response.url), _suffix(response), _body(response)
    except httpx.TooManyRedirects as error:
        raise WebPageError(f"redirects more than {MAX_REDIRECTS} times; give its end") from error
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise WebPageError("cannot be fetched; check it in a browser") from error


def _check(url: str) -> None:
    """Refuse an address that two parsers could read as two hosts."""
    odd = re.search(r"[\s\\\x00-\x20\x7f]", url)
    try:
        theirs, ours = httpx.URL(url), urlsplit(url)
        host = (ours.hostname or "").strip("[]")
        same = host.isascii() and host == theirs.host and ours.port == (theirs.port or ours.port)
    except (httpx.InvalidURL, ValueError):
        same = False
    if odd or not same or not host or "@" in ours.netloc:
        raise WebPageError("is no plain address; write https://HOST/PATH")
    if theirs.scheme not in {"http", "https"}:
        raise WebPageError("is no http or https address; fetch it by other means")


def _suffix(response: httpx.Response) -> str:
    if response.status_code != httpx.codes.OK:
        raise WebPageError(f"is answered with {response.status_code}; check it in a browser")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in SUFFIXES or response.headers.get("content-encoding", "identity") != "identity":
        raise WebPageError("is of no kind that can be read; save it as one that can")
    return SUFFIXES[kind]


def _body(response: httpx.Response) -> bytes:
    data = bytearray()
    for chunk in response.iter_raw():
        data += chunk
        if len(data) > MAX_BYTES:
            raise WebPageError(f"is larger than {MAX_BYTES // 2**20} MB; save a part of it")
    return bytes(data)


def _within(seconds: float, work: Callable[[], tuple[str, str, bytes]]) -> tuple[str, str, bytes]:
    """Work beside us, so that a server that drips is left behind in time."""
    outcome: Queue[tuple[str, str, bytes] | DocumentError] = Queue(maxsize=1)

    def run() -> None:
        try:
            outcome.put(work())
        except DocumentError as error:
            outcome.put(error)

    Thread(target=run, name="web-page", daemon=True).start()
    try:
        result = outcome.get(timeout=seconds)
    except Empty as error:
        raise WebPageError(f"takes longer than {seconds:g} seconds; try again later") from error
    if isinstance(result, DocumentError):
        raise result
    return result
