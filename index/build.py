"""Brings the index up to date: adds what is new, replaces what changed, removes what vanished."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING

from corpus.errors import DocumentError
from corpus.load import load_file
from index import checksums
from index.catalogue import Catalogue
from index.errors import IndexLossError, IndexMissingError, IndexStorageError
from index.fingerprint import Fingerprint
from index.generation import CATALOGUE
from index.shared import home_of
from index.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from corpus.document import Document
    from corpus.load import DocumentFile
    from index.catalogue import Entry
    from index.embedding import Embedder
    from index.home import Home
    from index.server import ChromaServer

_MOST_GONE = 1 / 3  # of the documents; a folder that is not all there shall not take them along
_LOST = (
    "the catalogue was damaged, so the index was built from the folder of documents alone; "
    "add other documents of yours again: summit ingest PATH"
)


@dataclass(slots=True)
class BuildReport:
    """What a build did; `problems` has one line for each file that could not be taken in."""

    added: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether the index is another one than before."""
        return bool(self.added or self.replaced or self.removed)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the index is to hold.

    `corpus` is the whole synchronised folder: indexed files of it that are not listed are
    removed. `extra` files are added beside it and stay. `remove` names documents to drop.
    """

    corpus: tuple[DocumentFile, ...] | None = None
    extra: tuple[DocumentFile, ...] = ()
    remove: tuple[str, ...] = ()


def build_index(
    root: Path,
    wanted: Wanted,
    embedder: Embedder,
    *,
    rebuild: bool = False,
    allow_loss: bool = False,
    server: ChromaServer | None = None,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> BuildReport:
    """Bring the index in folder `root` up to date; nothing is written where nothing changed.

    With a `server` it is the index there, and `root` only holds what this machine needs of it.

    A file that cannot be read is reported and the rest goes on; where it was indexed before,
    what it held before stays. `on_progress` is told files done and files to do. `rebuild` makes
    all vectors anew, from the texts that the index keeps. Where more than a third of the documents
    have vanished from the folder, `allow_loss` says that they are to be removed.

    Raises:
        IndexLossError: they have vanished, and `allow_loss` is false.
        IndexBusyError: another process, or machine, is building.
        IndexMismatchError: the index was built with something else and `rebuild` is false.
        IndexStorageError: the folder cannot be written to.
        IndexUnreachableError: the server does not answer.
    """
    home = home_of(root, server)
    if not rebuild and (unchanged := _unchanged(home, wanted, embedder)):
        return unchanged
    with home.building():
        folder, lost = _standing(home, rebuild=rebuild)
        if folder and not rebuild:
            Fingerprint.now(embedder.name).check(folder)
        plan = _plan(folder, wanted)
        if plan.vanished > _MOST_GONE * plan.known and not allow_loss:
            raise IndexLossError(plan.vanished, plan.known)
        report = plan.report
        if lost:
            report.problems.append(_LOST)
        # A folder with a file that stays unreadable is no reason to copy the index each time.
        loaded = _loaded(plan, on_progress)
        first = next(loaded, None)
        if folder and not (first or plan.drop or rebuild):
            return report
        readable = chain([first] if first else [], loaded)
        try:
            _build(home, folder, plan, readable, embedder, rebuild=rebuild)
        except OSError as error:
            raise IndexStorageError(
                f"the index in {root} cannot be written ({_reason(error)}); "
                "the old one stays in use; make room and try again"
            ) from error
    return report


def keeps_texts(root: Path, server: ChromaServer | None = None) -> bool:
    """Whether there is an index from whose texts `rebuild` can make the vectors anew."""
    return _standing(home_of(root, server), rebuild=True)[0] is not None


def _reason(error: OSError) -> str:
    """Say why; what goes wrong in copying a folder comes as a list of the files and why."""
    if isinstance(error, shutil.Error):
        *_, last = error.args[0][0]
        return str(last).partition(": ")[0].rpartition("] ")[2].lower()
    return (error.strerror or "error").lower()


def _unchanged(home: Home, wanted: Wanted, embedder: Embedder) -> BuildReport | None:
    """Report that there is nothing to do, where that is so; it keeps nobody from building."""
    try:
        with home.reading() as current:
            Fingerprint.now(embedder.name).check(current.folder)
            plan = _plan(current.folder, wanted)
    except IndexMissingError:
        return None
    return None if plan.read or plan.drop else plan.report


def _standing(home: Home, *, rebuild: bool) -> tuple[Path | None, bool]:
    """Give the generation to go on from, if any, and whether one is damaged beyond use."""
    try:
        folder = home.current()
        with Catalogue(folder / CATALOGUE) as catalogue:
            catalogue.check()
        if rebuild and CATALOGUE in checksums.changed(folder):
            return None, True
    except IndexMissingError:
        return None, False
    except IndexStorageError:
        if not rebuild:
            raise
        return None, True
    return folder, False


@dataclass(slots=True)
class _Plan:
    report: BuildReport
    read: list[tuple[DocumentFile, Entry | None, bool]] = field(default_factory=list)
    drop: list[str] = field(default_factory=list)
    vanished: int = 0
    known: int = 0


@dataclass(frozen=True, slots=True)
class _Loaded:
    document: Document
    file: DocumentFile
    entry: Entry | None
    synced: bool


def _plan(folder: Path | None, wanted: Wanted) -> _Plan:
    """Compare what is wanted with what is there, by path, size and time alone."""
    plan = _Plan(BuildReport())
    entries: dict[str, Entry] = {}
    if folder:
        with Catalogue(folder / CATALOGUE) as catalogue:
            entries = {entry.path: entry for entry in catalogue.entries()}
    files = [(file, True) for file in wanted.corpus or ()]
    listed = {str(file.path) for file, _ in files}
    files += [(file, False) for file in wanted.extra if str(file.path) not in listed]
    for file, synced in files:
        entry = entries.get(str(file.path))
        if entry and (entry.size, entry.modified) == (file.size, file.modified):
            plan.report.unchanged += 1
        else:
            plan.read.append((file, entry, synced))
    if wanted.corpus is not None:
        plan.drop += [e.document_id for e in entries.values() if e.synced and e.path not in listed]
    plan.vanished, plan.known = len(plan.drop), len(entries)
    known = {entry.document_id for entry in entries.values()}
    for document_id in wanted.remove:
        if document_id in known:
            plan.drop.append(document_id)
        else:
            plan.report.problems.append(
                f"{document_id}: there is no such document; see: summit ingest --list"
            )
    return plan


def _build(
    home: Home,
    folder: Path | None,
    plan: _Plan,
    readable: Iterable[_Loaded],
    embedder: Embedder,
    *,
    rebuild: bool,
) -> None:
    built = Fingerprint.now(embedder.name).parts()
    with (
        home.draft(folder, built, rebuild=rebuild) as new,
        Catalogue(new.folder / CATALOGUE, write=True) as catalogue,
        new.open_vectors() as store,
    ):
        writer = Writer(catalogue, store, embedder)
        if rebuild:
            writer.make_vectors_anew()
        for document_id in plan.drop:
            writer.remove(document_id)
        plan.report.removed += plan.drop
        for loaded in readable:
            _take_in(writer, plan.report, loaded)
        writer.finish()


def _loaded(plan: _Plan, on_progress: Callable[[int, int], None]) -> Iterator[_Loaded]:
    """Read the files one by one; what cannot be read goes into the report."""
    for done, (file, entry, synced) in enumerate(plan.read):
        on_progress(done, len(plan.read))
        try:
            document = load_file(file)
        except DocumentError as error:
            plan.report.problems.append(str(error))
        else:
            yield _Loaded(document, file, entry, synced)
    if plan.read:
        on_progress(len(plan.read), len(plan.read))


def _take_in(writer: Writer, report: BuildReport, loaded: _Loaded) -> None:
    if loaded.entry is None:
        document = replace(loaded.document, id=writer.free_id(loaded.document.id))
        report.added.append(document.id)
    else:
        document = replace(loaded.document, id=loaded.entry.document_id)
        if document.content_hash == loaded.entry.hash:
            writer.catalogue.touch(loaded.file)
            report.unchanged += 1
            return
        writer.remove(document.id)
        report.replaced.append(document.id)
    writer.add(document, loaded.file, synced=loaded.synced)
