"""Makes the reader: train, export, calibrate, in this order.

python -m training train --data FOLDER --out build/reader
python -m training export --out build/reader
python -m training calibrate --data FOLDER --out build/reader
"""

from __future__ import annotations

import argparse
import json
import os
import random
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from assistant.french import gloss, is_french
from assistant.load import default_embedder
from assistant.reader import MiniReader
from training import examples as read
from training.reader import Reader, encode, load, train
from training.twist import twisted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from training.examples import Example

KEPT = ("reading-6.json", "reading-15.json")  # never trained on: they calibrate
_OURS = Path(__file__).parent / "data"
_MODELS = Path(__file__).parent.parent / "assistant" / "models"
_SQUAD = "squad2-dev-open.json"
_LAST_ROUND = "round-2"


def main() -> None:
    """Do one of the three steps."""
    parser = argparse.ArgumentParser(prog="python -m training")
    parser.add_argument("step", choices=("train", "export", "calibrate"))
    parser.add_argument("--data", type=Path, help="folder of the open data sets")
    parser.add_argument("--out", type=Path, default=Path("build/reader"))
    chosen = parser.parse_args()
    if chosen.step == "train":
        learn(chosen.data, chosen.out)
    elif chosen.step == "export":
        # As in assistant/reader.py: else importing it would send word of it.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        from training.export import write  # noqa: PLC0415 - needs the extra

        write(chosen.out / _LAST_ROUND, _MODELS / "reader.onnx")
    else:
        from training.calibrate import calibrate  # noqa: PLC0415

        calibrate(
            chosen.data / _SQUAD,
            read.held_out_ids(chosen.data / _SQUAD),
            [_OURS / name for name in KEPT],
            chosen.out,
            default_embedder(),
            MiniReader(),
            _MODELS / "calibration.json",
        )


def learn(data: Path, out: Path) -> None:
    """Train the reader in rounds, each from the weights of the one before.

    Checkpoints and a log of each round go to a folder of its own in `out`.
    """
    torch.manual_seed(read.SEED)
    examples, kept = _open_data(data)
    model, held_out = Reader(), encode(kept[:: len(kept) // 400])
    for number, (make, rate) in enumerate(((_first, 1.0), (_second, 0.8)), start=1):
        folder = out / f"round-{number}"
        if not load(model, folder):
            train(model, [encode(each) for each in make(examples, data)], folder, held_out, rate)


def _first(examples: list[Example], data: Path) -> Iterator[list[Example]]:
    """Everything, three times, with passages near an answered question that do not answer it."""
    draw = random.Random(read.SEED)  # noqa: S311 - a draw, no secret
    short = list(read.halueval(data / "halueval-qa.jsonl"))
    policies = list(read.squad(data / "policyqa-dev.json", "policy"))
    negatives = read.hard_negatives(_paragraphs(examples), default_embedder(), 3)
    for number in range(3):
        mined = negatives[number::3][::2]
        yield [*examples, *mined, *draw.sample(short, 1_000), *draw.sample(policies, 300)]


def _second(examples: list[Example], data: Path) -> Iterator[list[Example]]:
    """All of ours three times, statements and twisted questions too, with draws of the rest."""
    draw = random.Random(read.SEED + 1)  # noqa: S311 - a draw, no secret
    ours = [each for each in examples if each.source == "ours"]
    others = {"squad": 3_500, "covid": 500, "clapnq": 330}
    short = list(read.halueval(data / "halueval-qa.jsonl"))
    said = [
        each for path in sorted(_OURS.glob("statements-*.json")) for each in read.statements(path)
    ]
    paragraphs = [*_paragraphs(examples), *said]
    negatives = read.hard_negatives(paragraphs, default_embedder(), 3, read.SEED + 1)
    for number in range(3):
        part = [*ours, *said, *read.own_words(ours, draw), *draw.sample(short, 1_500)]
        for source, count in others.items():
            part += draw.sample([each for each in examples if each.source == source], count)
        misleading = list(twisted(_paragraphs(examples), draw))
        part += draw.sample(misleading, 2_500) + draw.sample(negatives[number::3], 2_500)
        yield [_glossed(each) for each in part]


def _glossed(example: Example) -> Example:
    """Give an example as the product asks it: a French question in English words."""
    if not is_french(example.question):
        return example
    return replace(example, question=gloss(example.question))


def _paragraphs(examples: list[Example]) -> list[Example]:
    return [each for each in examples if each.source in {"squad", "ours"}]


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
        if ours.name not in KEPT:
            examples += read.squad(ours, "ours")
    examples += read.clapnq(sorted(data.glob("clapnq-*.jsonl")))
    return examples, list(read.squad(path, "squad", kept))


if __name__ == "__main__":
    main()
