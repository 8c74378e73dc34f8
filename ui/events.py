"""Answers as server-sent events, with the place of the question held until the last is sent.

The format is that of https://html.spec.whatwg.org/multipage/server-sent-events.html.
"""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from starlette.concurrency import iterate_in_threadpool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from contextlib import AbstractAsyncContextManager

    from starlette.types import Receive, Scope, Send

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # nginx would hold events back


class EventStream(StreamingResponse):
    """Sends pieces as they come, and leaves its place when they end or nobody reads any more."""

    def __init__(self, pieces: Iterator[bytes], place: AsyncExitStack) -> None:
        super().__init__(_at_once(pieces), media_type="text/event-stream", headers=_HEADERS)
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        async with self._place:
            await super().__call__(scope, receive, send)


async def stream_events(
    place: AbstractAsyncContextManager[None], pieces: Iterator[bytes]
) -> EventStream:
    """Wait for a place, and give the response that holds it.

    Raises:
        LimitError: there is no place; nothing was sent, so that the status can say so.
    """
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(place)
        return EventStream(pieces, stack.pop_all())
    raise AssertionError  # the stack of a place swallows no error


def event(data: Any, name: str | None = None) -> bytes:
    """Give an event whose data are JSON."""
    return format_sse_event(data_str=json.dumps(data, ensure_ascii=False), event=name)


async def _at_once(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Begin with a comment, so that whoever waits knows that the question was taken."""
    yield b": taken\n\n"
    async for piece in iterate_in_threadpool(pieces):
        yield piece
