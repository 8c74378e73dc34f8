"""The process that parses files: what it may take and reach, and how it is spoken to.

It imports what parsing needs and nothing else. Whoever starts it writes an ending and the bytes
of a file, and reads one JSON object: what the file says, or what is wrong with it.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from corpus.errors import UnreadableDocumentError
from corpus.parse import PARSERS

SECONDS = 20
OUT_OF_MEMORY = 3  # exit code
MAX_CHARACTERS = 10_000_000
MAX_ANSWER_BYTES = 128 * 2**20
# Of data; the code of Python and its libraries comes on top, and all is below 512 MB.
_MEMORY_BYTES = 448 * 2**20
_OPEN_FILES = 32
_HEADER = 8
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # flags of unshare(2)
_FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system")
_READABLE = (sys.prefix, sys.base_prefix, str(Path(__file__).parent))


def main() -> None:
    """Parse what comes in, file after file, until nothing more does."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Whatever a library prints is no answer.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    confine()
    write_frame(answers, b"{}")
    with suppress(EOFError):
        while True:
            try:
                _take(sys.stdin.buffer, answers)
            except MemoryError:
                os._exit(OUT_OF_MEMORY)


def confine() -> None:
    """Give up the network, other processes, writing, and most memory, for good."""
    for limit, most in (
        (resource.RLIMIT_DATA, _MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
    ):
        resource.setrlimit(limit, (most, most))
    if sys.platform == "linux":
        # A network of its own, without any way out; where containers forbid it, the hook is left.
        ctypes.CDLL(None).unshare(_NEW_USER | _NEW_NETWORK)
    sys.addaudithook(_watch)


def read_frame(stream: IO[bytes], most: int = sys.maxsize) -> bytes:
    """Read one message: its length, then that many bytes.

    Raises:
        EOFError: the other side has ended.
        ValueError: it is longer than `most`.
    """
    size = int.from_bytes(_exactly(stream, _HEADER))
    if size > most:
        raise ValueError(f"a message of {size} bytes")
    return _exactly(stream, size)


def write_frame(stream: IO[bytes], data: bytes) -> None:
    """Write one message."""
    stream.write(len(data).to_bytes(_HEADER))
    stream.write(data)
    stream.flush()


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _take(questions: IO[bytes], answers: IO[bytes]) -> None:
    suffix, data = read_frame(questions).decode(), read_frame(questions)
    _limit_time()
    write_frame(answers, json.dumps(_answer(suffix, data)).encode())


def _answer(suffix: str, data: bytes) -> dict[str, Any]:
    try:
        parsed = PARSERS[suffix](data)
        if len(parsed.text) > MAX_CHARACTERS:
            return {"problem": f"holds more than {MAX_CHARACTERS:,} characters; split it"}
        # What YAML makes of front matter may be no JSON.
        return json.loads(json.dumps(asdict(parsed), default=str, skipkeys=True))  # type: ignore[no-any-return]
    except UnreadableDocumentError as error:
        return {"problem": str(error)}
    except MemoryError:
        raise
    except RecursionError:
        return {"problem": "is nested too deeply; simplify it, or save it as plain text"}
    except Exception:  # noqa: BLE001 - broken files make libraries raise whatever they trip over
        return {"problem": "is broken; open it in an editor and save it again"}


def _limit_time() -> None:
    """Let the processor work for this one file no longer than it may."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime) + SECONDS + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    """Stop what a parser of documents has no reason to do."""
    if event.startswith(_FORBIDDEN):
        raise PermissionError(event)
    if event == "open" and not isinstance(arguments[0], int):
        path = os.path.abspath(os.fsdecode(arguments[0]))  # type: ignore[arg-type]  # noqa: PTH100
        if not path.startswith(_READABLE):
            raise PermissionError(path)


if __name__ == "__main__":
    main()
