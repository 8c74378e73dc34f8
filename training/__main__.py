"""Makes the reader: train, export, calibrate, in this order.

python -m training train --data FOLDER --out build/reader
python -m training export --out build/reader
python -m training calibrate --data FOLDER --out build/reader
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

import torch

from assistant.load import default_embedder
from assistant.reader import MiniReader
from training import examples as read
from training.reader import Encoded, Reader, encode, train

KEPT = "reading-6.json"  # never trained on: it calibrates
_OURS = Path(__file__).parent / "data"
_MODELS = Path(__file__).parent.parent / "assistant" / "models"
_SQUAD = "squad2-dev-open.json"


def main() -> None:
    """Do one of the three steps."""
    parser = argparse.ArgumentParser(prog="python -m training")
    parser.add_argument("step", choices=("train", "export", "calibrate"))
    parser.add_argument("--data", type=Path, help="folder of the open data sets")
    parser.add_argument("--out", type=Path, default=Path("build/reader"))
    parser.add_argument("--epochs", type=int, default=3)
    chosen = parser.parse_args()
    if chosen.step == "train":
        learn(chosen.data, chosen.out, chosen.epochs)
    elif chosen.step == "export":
        from training.export import write  # noqa: PLC0415 - needs the extra

        write(chosen.out, _MODELS / "reader.onnx")
    else:
        from training.calibrate import calibrate  # noqa: PLC0415

        calibrate(
            chosen.data / _SQUAD,
            read.held_out_ids(chosen.data / _SQUAD),
            _OURS / KEPT,
            chosen.out,
            default_embedder(),
            MiniReader(),
            _MODELS / "calibration.json",
        )


def learn(data: Path, out: Path, epochs: int) -> None:
    """Train the reader; checkpoints and a log go to `out`."""
    torch.manual_seed(read.SEED)
    draw = random.Random(read.SEED)  # noqa: S311 - a draw, no secret
    examples, kept = _open_data(data)
    short = list(read.halueval(data / "halueval-qa.jsonl"))
    policies = list(read.squad(data / "policyqa-dev.json", "policy"))
    answered = [each for each in examples if each.source in {"squad", "ours"}]
    negatives = read.hard_negatives(answered, default_embedder(), epochs)
    made: list[list[Encoded]] = []
    for number in range(epochs):
        part = [*examples, *negatives[number::epochs][::2]]
        part += [*draw.sample(short, 1_000), *draw.sample(policies, 300)]
        made.append(encode(part))
    train(Reader(), made, out, encode(kept[:: len(kept) // 400]))


def _open_data(data: Path) -> tuple[list[read.Example], list[read.Example]]:
    """Give what to train on, and what of SQuAD is kept for measuring."""
    path = data / _SQUAD
    articles = json.loads(path.read_text("utf-8"))["data"]
    kept = read.held_out(articles)
    others = {article["title"] for article in articles} - kept
    examples = list(read.squad(path, "squad", others))
    covid = read.squad(data / "covid-qa.json", "covid")
    examples += [each for each in covid if each.right]
    for ours in sorted(_OURS.glob("reading-*.json")):
        if ours.name != KEPT:
            examples += read.squad(ours, "ours")
    examples += read.clapnq(sorted(data.glob("clapnq-*.jsonl")))
    return examples, list(read.squad(path, "squad", kept))


if __name__ == "__main__":
    main()
