"""One file that holds all that is kept: the index, conversations and feedback.

It is a ZIP archive with a list of its files and their checksums. It is taken while a server runs:
a generation of the index never changes, and SQLite copies its databases between two changes. An
index on a Chroma server goes in as one in a folder, so that either can be restored as the other.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
import zlib
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from assistant.conversations import CONVERSATIONS_FILE
from assistant.errors import BackupError
from assistant.feedback import FEEDBACK_FILE
from assistant.sqlite import copy_database
from index import checksums

if TYPE_CHECKING:
    from collections.abc import Iterator

    from index.home import Home

_FORMAT = "summit-backup 1"
_MANIFEST = "manifest.json"
_INDEX = "index"
_DATABASES = (CONVERSATIONS_FILE, FEEDBACK_FILE)
_CHUNK = 1024 * 1024


def back_up(data_dir: Path, file: Path, index: Home) -> int:
    """Write all that is kept in the data folder, and the index, to a file; give its size in bytes.

    Raises:
        IndexMissingError: there is no index yet.
        BackupError: it cannot be written, or what is kept is damaged.
    """
    unfinished = file.with_name(f"{file.name}.unfinished")
    try:
        with ExitStack() as opened:
            folder = opened.enter_context(index.whole())
            copies = Path(opened.enter_context(TemporaryDirectory(prefix="summit-backup-")))
            if damaged := checksums.changed(folder):
                raise BackupError(
                    f"{folder / damaged[0]} is damaged, so nothing was backed up; "
                    "run: summit doctor --repair"
                )
            _write(unfinished, dict(_parts(data_dir, folder, copies)))
            unfinished.replace(file)
        return file.stat().st_size
    except OSError as error:
        raise BackupError(
            f"{file} cannot be written ({(error.strerror or 'error').lower()}); "
            "name a file in a folder of yours that has room"
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)


def restore(data_dir: Path, file: Path, index: Home) -> None:
    """Put back what a backup holds, in place of what is there now; a running server takes it over.

    The whole file is read and checked before anything is touched.

    Raises:
        BackupError: the file is none of ours or is damaged, or nothing can be written.
        IndexBusyError: another process is changing the index.
    """
    try:
        with (
            index.building(),
            TemporaryDirectory(prefix="restoring-", dir=index.root) as place,
        ):
            _read(file, Path(place))
            folder = Path(place) / _INDEX
            if damaged := checksums.changed(folder):
                raise BackupError(f"{file} is damaged ({damaged[0]}); nothing was restored")
            for name in _DATABASES:
                if (Path(place) / name).exists():
                    copy_database(Path(place) / name, data_dir / name)
            index.adopt(folder)
    except (OSError, RuntimeError, NotImplementedError) as error:
        raise BackupError(f"{file} cannot be restored ({error})") from error


def _parts(data_dir: Path, folder: Path, copies: Path) -> Iterator[tuple[str, Path]]:
    """Give what goes into the backup, by name; of databases that are in use, a copy."""
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.suffix == ".sqlite3":
            copy_database(path, copies / path.name)
            yield f"{_INDEX}/{relative.as_posix()}", copies / path.name
        elif path.is_file() and ".sqlite3-" not in path.name:
            yield f"{_INDEX}/{relative.as_posix()}", path
    for name in _DATABASES:
        if (data_dir / name).exists():
            copy_database(data_dir / name, copies / name)
            yield name, copies / name


def _write(file: Path, parts: dict[str, Path]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        digests = {}
        for name, path in parts.items():
            archive.write(path, name)
            with path.open("rb") as content:
                digests[name] = hashlib.file_digest(content, "sha256").hexdigest()
        manifest = {"format": _FORMAT, "files": digests}
        archive.writestr(_MANIFEST, json.dumps(manifest, indent=2))


def _read(file: Path, place: Path) -> None:
    """Unpack a backup into a folder; nothing in it is believed before it has been checked."""
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = json.loads(archive.read(_MANIFEST))
            if manifest["format"] != _FORMAT:
                raise BackupError(f"{file} was written by another version; nothing was restored")
            for name, digest in manifest["files"].items():
                if not _is_ours(name):
                    raise BackupError(f"{file} holds what is not ours; nothing was restored")
                _unpack(archive, name, place / name, digest)
    except FileNotFoundError as error:
        raise BackupError(f"{file} does not exist; check the spelling") from error
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, ValueError) as error:
        raise BackupError(f"{file} is no backup, or is damaged; nothing was restored") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise BackupError(f"{file} is no backup of ours; nothing was restored") from error


def _unpack(archive: zipfile.ZipFile, name: str, target: Path, digest: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(name) as packed, target.open("wb") as unpacked:
        shutil.copyfileobj(packed, unpacked, _CHUNK)
    with target.open("rb") as content:
        if hashlib.file_digest(content, "sha256").hexdigest() != digest:
            raise zipfile.BadZipFile(name)


def _is_ours(name: str) -> bool:
    path = PurePosixPath(name)
    climbs = path.is_absolute() or ".." in path.parts or "\\" in name
    return name in _DATABASES or (path.parts[0] == _INDEX and not climbs)
