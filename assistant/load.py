"""Puts an assistant together from the settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from assistant.assistant import Assistant
from assistant.errors import SettingsError
from assistant.evaluation.judge import Judge, require_ragas
from assistant.reader import MiniReader
from assistant.renewal import RenewingAssistant
from corpus.load import find_files
from index.batching import Batching
from index.build import BuildReport, Wanted, build_index, keeps_texts
from index.embedding import MiniLM
from index.errors import IndexMissingError
from index.search import SearchIndex
from index.server import ChromaServer
from index.shared import home_of
from index.transformer import SentenceTransformersModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_core.language_models import BaseChatModel

    from assistant.settings import Settings
    from corpus.load import DocumentFile
    from index.embedding import Embedder
    from index.home import Home

# Nobody waits for a judge, and hundreds of requests in a row run into a provider's limits.
_JUDGE_RETRIES = 2


def sync_corpus(
    settings: Settings,
    embedder: Embedder,
    *,
    extra: tuple[str | Path, ...] = (),
    remove: tuple[str, ...] = (),
    rebuild: bool = False,
    allow_loss: bool = False,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> BuildReport:
    """Bring the index in line with the folder of documents; add and remove others on request.

    `extra` are paths and addresses of pages.
    """
    wanted = Wanted(
        corpus=tuple(find_files([settings.corpus_dir])),
        extra=tuple(file for each in extra for file in _found(settings, str(each))),
        remove=remove,
    )
    return build_index(
        index_folder(settings),
        wanted,
        embedder,
        rebuild=rebuild,
        allow_loss=allow_loss,
        server=chroma_server(settings),
        on_progress=on_progress,
    )


def is_kept_by_others(settings: Settings) -> bool:
    """Whether there is an index on a server already.

    Then `summit ingest` alone changes it, and whoever starts only reads it: two machines may have
    other documents in their folders.
    """
    if not settings.chroma_url:
        return False
    try:
        index_home(settings).newest()
    except IndexMissingError:
        return False
    return True


def repair_index(settings: Settings, embedder: Embedder) -> BuildReport:
    """Build the index anew: from the texts that it keeps, or from the files where they are lost."""
    root, server = index_folder(settings), chroma_server(settings)
    if keeps_texts(root, server):
        return build_index(root, Wanted(), embedder, rebuild=True, server=server)
    return sync_corpus(settings, embedder, rebuild=True)


def _found(settings: Settings, extra: str) -> list[DocumentFile]:
    if "://" not in extra:
        return find_files([Path(extra)])
    try:
        from corpus import web  # noqa: PLC0415 - it is an extra
    except ImportError as error:
        raise SettingsError(
            f"{extra} needs what is not installed; install the extra: pip install '.[web]'"
        ) from error
    return [web.save(extra, settings.data_dir / "pages")]


def open_assistant(settings: Settings, embedder: Embedder) -> Assistant:
    """Open the index that there is and, where one is set, the chat model."""
    index = SearchIndex(index_folder(settings), embedder, chroma_server(settings))
    return Assistant(index, MiniReader(), chat_model(settings), settings.model_timeout)


def open_renewing(settings: Settings, embedder: Embedder) -> RenewingAssistant:
    """Open the index that there is, and each newer one as soon as it is there.

    Questions that are asked at the same time are embedded together.
    """
    reader = MiniReader()
    model = chat_model(settings)
    root, server = index_folder(settings), chroma_server(settings)
    batching = Batching(embedder)

    def open_newest() -> Assistant:
        index = SearchIndex(root, batching, server)
        return Assistant(index, reader, model, settings.model_timeout)

    return RenewingAssistant(home_of(root, server).newest, open_newest)


def index_home(settings: Settings) -> Home:
    """Say where the index is."""
    return home_of(index_folder(settings), chroma_server(settings))


def index_folder(settings: Settings) -> Path:
    """Say which folder the index is in, or what is needed here of one on a server."""
    return settings.data_dir / ("index-of-server" if settings.chroma_url else "index")


def chroma_server(settings: Settings) -> ChromaServer | None:
    """Give the server that holds the index, where one is set; it is not connected to yet."""
    if not settings.chroma_url:
        return None
    return ChromaServer(
        settings.chroma_url,
        name=settings.chroma_collection,
        token=settings.chroma_token.get_secret_value(),
        tenant=settings.chroma_tenant,
        database=settings.chroma_database,
    )


def open_embedder(settings: Settings) -> Embedder:
    """Give the embedding model of SUMMIT_EMBEDDER, or the built-in; it loads when first used."""
    return SentenceTransformersModel(settings.embedder) if settings.embedder else default_embedder()


def default_embedder() -> Embedder:
    """Give the embedding model that the product comes with; it loads when first used."""
    return MiniLM()


def chat_model(settings: Settings) -> BaseChatModel | None:
    """Make the chat model that SUMMIT_MODEL names, or none.

    Raises:
        SettingsError: the provider is unknown or its package is not installed.
    """
    if not settings.model:
        return None
    return _chat_model("SUMMIT_MODEL", settings.model, settings.model_timeout)


def open_judge(settings: Settings, on_progress: Callable[[int, int], None]) -> Judge:
    """Make the judge: the chat model of SUMMIT_JUDGE_MODEL, or else of SUMMIT_MODEL.

    `on_progress` is told how many answers are judged, and of how many.

    Raises:
        SettingsError: neither is set, the provider is unknown or a package is not installed.
    """
    name = settings.judge_model or settings.model
    if not name:
        raise SettingsError("--judge needs a chat model: set SUMMIT_MODEL or SUMMIT_JUDGE_MODEL")
    require_ragas()
    variable = "SUMMIT_JUDGE_MODEL" if settings.judge_model else "SUMMIT_MODEL"
    model = _chat_model(variable, name, settings.model_timeout, retries=_JUDGE_RETRIES)
    return Judge(model, name, settings.model_timeout, on_progress=on_progress)


def _chat_model(variable: str, name: str, timeout: float, *, retries: int = 0) -> BaseChatModel:
    # Importing it takes a second, which only those pay who have set a model.
    from langchain.chat_models import init_chat_model  # noqa: PLC0415

    try:
        model: BaseChatModel = init_chat_model(
            name, temperature=0, timeout=timeout, max_retries=retries
        )
    except (ImportError, ValueError, TypeError) as error:
        first_line = str(error).splitlines()[0]
        raise SettingsError(
            f"{variable}={name} cannot be used: {first_line}; "
            "write it as PROVIDER:NAME and install the extra: pip install '.[openai]', "
            "'.[ollama]' or '.[anthropic]'"
        ) from error
    return model
