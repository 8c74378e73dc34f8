"""What the processor reaches in a product of two large matrices, by whoever multiplies fastest."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import torch
from timing import seconds

if TYPE_CHECKING:
    from collections.abc import Callable

_WIDTH = 1024
_ROUNDS = 12


def peak(threads: int) -> float:
    """Give the most GFLOP a second of float32 by so many threads."""
    matrix = np.random.default_rng(0).random((_WIDTH, _WIDTH), dtype=np.float32)
    works = [_torch(matrix, threads)]
    with suppress(ImportError):  # onnx may not be installed
        works.append(_onnx(matrix, threads))
    least = min(seconds(work) for work in works for _ in range(_ROUNDS))
    return 2 * _WIDTH**3 / least / 1e9


def _torch(matrix: np.ndarray, threads: int) -> Callable[[], object]:
    torch.set_num_threads(threads)
    tensor = torch.from_numpy(matrix)
    return lambda: tensor @ tensor


def _onnx(matrix: np.ndarray, threads: int) -> Callable[[], object]:
    import onnx  # noqa: PLC0415 - it may not be installed
    import onnxruntime  # noqa: PLC0415 - after its telemetry was turned off

    shape = (onnx.TensorProto.FLOAT, matrix.shape)
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("MatMul", ["left", "right"], ["product"])],
        "product",
        [onnx.helper.make_tensor_value_info("left", *shape)],
        [onnx.helper.make_tensor_value_info("product", *shape)],
        [onnx.numpy_helper.from_array(matrix, "right")],
    )
    opset = onnx.helper.make_opsetid("", 17)
    model = onnx.helper.make_model(graph, opset_imports=[opset], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return lambda: session.run(None, {"left": matrix})
