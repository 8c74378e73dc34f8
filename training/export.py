"""Writes the trained reader as an ONNX file with eight-bit weights."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from training.reader import Reader, load

_NAMES = ("ids", "mask", "kinds")


class _Flat(nn.Module):
    """The reader with its logits side by side: (batch, tokens, 4) and (batch)."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self.reader = reader

    def forward(self, ids: Tensor, mask: Tensor, kinds: Tensor) -> tuple[Tensor, Tensor]:
        span, sentence, correction, passage = self.reader(ids, mask, kinds)
        tokens = torch.cat([span, sentence[..., None], correction[..., None]], dim=-1)
        return tokens, passage


def write(out: Path, path: Path) -> None:
    """Write the reader that was trained in `out`, and say how far the file differs."""
    reader = Reader()
    if not load(reader, out):
        raise SystemExit(f"{out} holds no finished training; run: python -m training train")
    path.parent.mkdir(parents=True, exist_ok=True)
    export(reader, path)
    ids = torch.randint(1_000, 20_000, (8, 96))
    kinds = (torch.arange(96) > 12).long().expand(8, 96)
    print("difference of the passage logits:", difference(reader, path, (ids, ids * 0 + 1, kinds)))


def export(reader: Reader, path: Path) -> None:
    """Write the reader; its inputs are ids, mask and kinds, each (batch, tokens)."""
    # Three tensors of their own: the exporter takes one that is given twice for one input.
    example = tuple(torch.ones(2, 16, dtype=torch.long) for _ in _NAMES)
    batch, tokens = torch.export.Dim("batch"), torch.export.Dim("tokens", min=8, max=512)
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "reader.onnx"
        torch.onnx.export(
            _Flat(reader).eval(),
            example,
            whole,
            input_names=_NAMES,
            output_names=("tokens", "passage"),
            dynamic_shapes=({0: batch, 1: tokens},) * 3,
            dynamo=True,
            external_data=False,
        )
        quantize_dynamic(whole, path, weight_type=QuantType.QInt8, per_channel=True)
    forget_sources(path)


def forget_sources(path: Path) -> None:
    """Take out of the file where on the exporting machine each step was written."""
    model = onnx.load(path)
    for step in (model.graph, *model.graph.node, *model.graph.value_info):
        step.doc_string = ""
        del step.metadata_props[:]
    onnx.save(model, path)


def difference(reader: Reader, path: Path, inputs: tuple[Tensor, Tensor, Tensor]) -> float:
    """Give the largest difference of the passage logits between file and model."""
    with torch.inference_mode():
        expected = reader.eval()(*inputs)[-1].numpy()
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    feed = {name: value.numpy() for name, value in zip(_NAMES, inputs, strict=True)}
    return float(np.abs(session.run(["passage"], feed)[0] - expected).max())
