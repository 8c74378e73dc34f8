"""Generations: an index is never changed in place, but made beside the old one and swapped in.

    index/current            names the generation in use
    index/g000007/           catalogue.sqlite, vectors/, fingerprint.json (locked while in use)
    index/build.lock         held by the one process that builds

A reader keeps what it opened, whatever is built meanwhile; a build that is killed leaves only
a folder that the next one removes.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from index.errors import IndexBusyError, IndexMissingError, IndexStorageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

CATALOGUE = "catalogue.sqlite"
VECTORS = "vectors"
_CURRENT = "current"
_HELD = "fingerprint.json"
_NAME = re.compile(r"g[0-9]+")
_WAIT_SECONDS = 1.5
_FIRST = 900_000  # the first generation has a number up to this


def current(root: Path) -> Path:
    """Give the folder of the generation in use.

    Raises:
        IndexMissingError: nothing has been built yet.
    """
    folder = _pointed_at(root)
    if not folder.is_dir():
        raise _damaged(root)
    return folder


def hold_current(root: Path) -> tuple[Path, int]:
    """Give the generation in use, kept from being removed until `release` or the process ends.

    Raises:
        IndexMissingError: nothing has been built yet.
    """
    while True:
        folder = _pointed_at(root)
        try:
            descriptor = os.open(folder / _HELD, os.O_RDONLY)
        except OSError as error:
            if _pointed_at(root) != folder:
                continue  # a builder was quicker
            raise _damaged(root) from error
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        # Only what is no longer pointed at is removed, and by now it would be seen to be held.
        if _pointed_at(root) == folder:
            return folder, descriptor
        release(descriptor)


@contextmanager
def building(root: Path, wait: float = _WAIT_SECONDS) -> Iterator[None]:
    """Hold the right to build; a second process is told so within two seconds, or after `wait`."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(root / "build.lock")
        lock.acquire(timeout=wait)
    except Timeout as error:
        raise IndexBusyError(
            "another process is changing the index; wait until it is done and try again"
        ) from error
    except OSError as error:
        raise IndexStorageError(
            f"the data folder {root} cannot be written to ({(error.strerror or 'error').lower()}); "
            "set SUMMIT_DATA_DIR to a folder of yours"
        ) from error
    try:
        yield
    finally:
        lock.release()


def begin(root: Path, old: Path | None, leave_out: Sequence[str] = ()) -> Path:
    """Make the folder of the next generation, a copy of `old` without what is to be left out."""
    _remove_unused(root)
    folder = _next(root)
    try:
        if old:
            shutil.copytree(old, folder, ignore=shutil.ignore_patterns(*leave_out))
        else:
            folder.mkdir()
    except OSError:
        discard(folder)
        raise
    return folder


def publish(root: Path, folder: Path) -> None:
    """Make a finished generation the current one, at once and durably."""
    for path in (*folder.rglob("*"), folder):
        _sync(path)
    temporary = root / f"{_CURRENT}.new"
    temporary.write_text(folder.name + "\n", "utf-8")
    _sync(temporary)
    temporary.replace(root / _CURRENT)
    _sync(root)
    _remove_unused(root)


def adopt(root: Path, folder: Path) -> None:
    """Make a folder that holds a finished generation the current one."""
    publish(root, folder.rename(_next(root)))


def discard(folder: Path) -> None:
    """Remove an unfinished generation."""
    shutil.rmtree(folder, ignore_errors=True)


def release(descriptor: int) -> None:
    """Let go of what `hold_current` holds."""
    os.close(descriptor)


def _next(root: Path) -> Path:
    numbers = [int(path.name[1:]) for path in root.glob("g[0-9]*") if path.name[1:].isdigit()]
    # A server may still hold a generation of a folder that was lost and is made anew. It tells the
    # new one by its name, and so does Chroma, which knows stores by their path.
    last = max(numbers, default=secrets.randbelow(_FIRST))
    return root / f"g{last + 1:06d}"


def _pointed_at(root: Path) -> Path:
    try:
        name = (root / _CURRENT).read_text("utf-8").strip()
    except FileNotFoundError as error:
        raise IndexMissingError("there is no index yet; run: summit ingest") from error
    except (OSError, UnicodeDecodeError) as error:
        raise IndexStorageError(f"{root / _CURRENT} cannot be read: {error}") from error
    if not _NAME.fullmatch(name):
        raise _damaged(root)
    return root / name


def _damaged(root: Path) -> IndexStorageError:
    return IndexStorageError(f"the index in {root} is damaged; run: summit ingest --rebuild")


def _remove_unused(root: Path) -> None:
    """Remove every generation but the current one that no reader holds."""
    try:
        keep = current(root).name
    except (IndexMissingError, IndexStorageError):
        keep = ""
    for folder in root.glob("g[0-9]*"):
        if folder.name != keep and not _is_held(folder):
            discard(folder)


def _is_held(folder: Path) -> bool:
    try:
        descriptor = os.open(folder / _HELD, os.O_RDONLY)
    except OSError:
        return False  # never finished, and whoever builds holds the build lock
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
