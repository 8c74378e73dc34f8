"""Runs any embedding model that lies on this machine; alone imports sentence-transformers."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from index.embedding import Embedder
from index.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

_ORGANISATION = "sentence-transformers"  # of names without one, as the library has it
# Every file that a model is loaded from ends so, weights in other formats aside.
_LOADED = (".json", ".safetensors", ".txt", ".model", ".jinja")


class SentenceTransformersModel(Embedder):
    """An embedding model of the user's: a folder, or a name in this machine's cache of models.

    Nothing is fetched, no code that comes with a model is run, and weights are read from
    safetensors alone. What a model's configuration has put before questions and texts is put
    there. Importing and loading take seconds, so they wait for the first text. Safe to use from
    several threads, which take turns.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._lock = threading.Lock()

    @cached_property
    def name(self) -> str:
        """Say which model this is, with a digest of all the files that it is loaded from.

        Raises:
            ModelError: there is no such model on this machine.
        """
        digest = hashlib.sha256()
        with self._told():
            for path in sorted(self._folder.rglob("*")):
                if path.suffix in _LOADED and path.is_file():
                    with path.open("rb") as file:
                        own = hashlib.file_digest(file, "sha256").hexdigest()
                    digest.update(f"{path.relative_to(self._folder)} {own}\n".encode())
        named = not Path(self._source).is_dir()
        called = self._source if named else self._folder.resolve().name
        return f"{called}@{digest.hexdigest()[:12]}"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give an array of shape (number of texts, dimension); the model cuts what it must.

        Raises:
            ModelError: the model is missing, or cannot be used.
        """
        return self._embed("encode_document", texts)

    def embed_questions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give those of questions, as `embed` does."""
        return self._embed("encode_query", texts)

    def _embed(self, encode: str, texts: Sequence[str]) -> NDArray[np.float32]:
        with self._lock, self._told():
            made = getattr(self._model, encode)(
                list(texts), normalize_embeddings=True, show_progress_bar=False
            )
            vectors = np.asarray(made, dtype=np.float32)
            vectors = vectors.reshape(len(texts), self._model.get_embedding_dimension())
        if not np.isfinite(vectors).all():
            raise ModelError(f"{self._called}: what it gives are no numbers")
        # Where a model knows no word of a text; Chroma finds nothing that has no direction.
        vectors[~vectors.any(axis=1), 0] = 1
        return vectors

    @cached_property
    def _folder(self) -> Path:
        """The folder of the model, once there is one in it that may be loaded."""
        folder = Path(self._source)
        if not folder.is_dir():
            folder = self._cached()
        if not (folder / "modules.json").is_file():
            raise ModelError(
                f"{self._called}: it has no modules.json, so sentence-transformers did not save "
                "it; name a folder that it did save"
            )
        for weights in folder.rglob("pytorch_model*.bin"):
            if not any(weights.parent.glob("*.safetensors")):
                raise ModelError(
                    f"{self._called}: {weights.relative_to(folder)} is not read, for such files "
                    "may hold code; save the model anew, with its weights as safetensors"
                )
        return folder

    def _cached(self) -> Path:
        _keep_offline()
        from huggingface_hub import snapshot_download  # noqa: PLC0415 - most never need it
        from huggingface_hub.errors import (  # noqa: PLC0415
            HFValidationError,
            LocalEntryNotFoundError,
        )

        name = self._source if "/" in self._source else f"{_ORGANISATION}/{self._source}"
        patterns = [f"*{ending}" for ending in _LOADED]
        try:
            return Path(snapshot_download(name, local_files_only=True, allow_patterns=patterns))
        except HFValidationError as error:
            raise ModelError(f"{self._called}: there is no such folder") from error
        except LocalEntryNotFoundError as error:
            raise ModelError(
                f"{self._called}: it is no folder and not, or not whole, in this machine's cache "
                f"of models, and nothing is fetched by itself; fetch it: hf download {name}"
            ) from error

    @cached_property
    def _model(self) -> Any:
        folder = self._folder
        _keep_offline()
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415
        from transformers.utils import logging as transformers_logging  # noqa: PLC0415

        # What they print is for whoever trains models.
        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        logging.getLogger("sentence_transformers").setLevel(logging.WARNING)
        return SentenceTransformer(
            str(folder),
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"use_safetensors": True, "dtype": "float32"},
        )

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what a model raises that is damaged or needs what is not here into one line."""
        try:
            yield
        except _broken() as error:
            reason = str(error).strip().partition("\n")[0] or type(error).__name__
            raise ModelError(f"{self._called} cannot be used: {reason}") from error

    @property
    def _called(self) -> str:
        return f"the embedding model {self._source} (SUMMIT_EMBEDDER)"


def _keep_offline() -> None:
    """Have the libraries fetch nothing and send no word; they look when they are imported."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def _broken() -> tuple[type[Exception], ...]:
    """Give what the libraries raise where a model is damaged, too large or not for them."""
    from huggingface_hub.errors import StrictDataclassError  # noqa: PLC0415
    from safetensors import SafetensorError  # noqa: PLC0415

    library = (SafetensorError, StrictDataclassError)
    python = (AttributeError, ImportError, LookupError, OSError, RuntimeError)
    return (*library, *python, TypeError, ValueError)
