"""Opens models that ONNX Runtime runs; the only place that imports it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from index.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


def open_model(path: Path, weights: Mapping[str, NDArray[np.float32]] | None = None) -> Any:
    """Give the session of a model's file; each run of it works in the thread that calls it.

    `weights` are those that the file names and does not hold; they must live as long as the
    session. Safe to run from several threads.

    Raises:
        ModelError: the file is missing or damaged.
    """
    # Else it tells its maker of each use, from when it is imported on.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    # It takes a while to import, so it waits until a model is to be opened.
    import onnxruntime  # noqa: PLC0415
    from onnxruntime.capi.onnxruntime_pybind11_state import (  # noqa: PLC0415
        Fail,
        InvalidArgument,
        InvalidProtobuf,
        NoSuchFile,
    )

    options = onnxruntime.SessionOptions()
    # Two texts read side by side take less time than one after the other by two threads, which
    # wait for each other at every step.
    options.intra_op_num_threads = 1
    # Without it, processors that lack instructions for eight bits (VNNI) round sums too large for
    # sixteen bits, and the same model says something else on them.
    options.add_session_config_entry("session.x64quantprecision", "1")
    if weights:
        values = [onnxruntime.OrtValue.ortvalue_from_numpy(each) for each in weights.values()]
        options.add_external_initializers(list(weights), values)
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except (Fail, InvalidArgument, InvalidProtobuf, NoSuchFile) as error:
        raise ModelError(
            f"the model {path} is missing or damaged; install the package anew"
        ) from error
