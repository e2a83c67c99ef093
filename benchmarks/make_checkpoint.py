"""Train a small GPT-2 or Llama on the Python standard library, with transformers, not monas.

Its folder is what a person has who owns a model: config.json, model.safetensors, tokenizer.json.
Documents are those of the training part of the task ``pystdlib``, so that the other parts judge.

    python benchmarks/make_checkpoint.py FOLDER --family llama --steps 1500
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from monas_tasks.corpus import split
from monas_tasks.pystdlib import stdlib_documents

CONTEXT = 64
BATCH = 16


def tokenizer_of(texts: list[str], size: int) -> Tokenizer:
    """A byte-level BPE, as GPT-2's."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|endoftext|>"],
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def configuration(family: str, vocabulary: int, layers: int, width: int) -> Any:
    """A few layers of four heads; Llama with two queries per key-value head."""
    ids: dict[str, Any] = {"bos_token_id": 0, "eos_token_id": 0}
    if family == "gpt2":
        return transformers.GPT2Config(
            vocab_size=vocabulary, n_positions=2 * CONTEXT, n_embd=width, n_layer=layers,
            n_head=4, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, **ids,
        )  # fmt: skip
    kinds = {"llama": transformers.LlamaConfig, "qwen3": transformers.Qwen3Config}
    return kinds[family](
        vocab_size=vocabulary, hidden_size=width, intermediate_size=3 * width,
        num_hidden_layers=layers, num_attention_heads=4, num_key_value_heads=2,
        head_dim=width // 4, max_position_embeddings=2 * CONTEXT, tie_word_embeddings=True,
        pad_token_id=None, **ids,
    )  # fmt: skip


def train(model: Any, tokens: torch.Tensor, steps: int, seed: int) -> float:
    """AdamW under a ramp and a cosine; the last losses, nats per token."""
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, betas=(0.9, 0.95))
    smooth = math.nan
    for step in range(steps):
        cosine = 0.5 * (1 + math.cos(math.pi * step / steps))
        rate = min(1.0, (step + 1) / 50) * (0.03 + 0.97 * cosine)
        for group in optimizer.param_groups:
            group["lr"] = 3e-3 * rate
        starts = torch.randint(len(tokens) - CONTEXT, (BATCH,), generator=generator)
        batch = tokens[starts[:, None] + torch.arange(CONTEXT)]
        loss = model(input_ids=batch, labels=batch).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        now = float(loss.detach())
        smooth = now if math.isnan(smooth) else 0.98 * smooth + 0.02 * now
    return smooth


def make(folder: Path, family: str, *, steps: int, layers: int = 6, width: int = 128,
         vocabulary: int = 1024, seed: int = 0) -> None:  # fmt: skip
    """Write a checkpoint."""
    texts = [bytes(d.text).decode("utf-8", "replace") for d in split(stdlib_documents())["train"]]
    tokenizer = tokenizer_of(texts[:200], vocabulary)
    ids = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    tokens = torch.tensor([token for document in ids for token in document])
    torch.manual_seed(seed)
    config = configuration(family, tokenizer.get_vocab_size(), layers, width)
    model = transformers.AutoModelForCausalLM.from_config(config)
    begin = time.perf_counter()
    loss = train(model.train(), tokens, steps, seed)
    spent = time.perf_counter() - begin
    model.eval().save_pretrained(folder)
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|endoftext|>", bos_token="<|endoftext|>"
    )
    fast.save_pretrained(folder)
    count = sum(p.numel() for p in model.parameters())
    print(f"{folder}: {family}, {count} weights, {steps} steps in {spent:.0f} s, loss {loss:.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--family", choices=("gpt2", "llama", "qwen3"), default="llama")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    words = parser.parse_args()
    make(words.folder, words.family, steps=words.steps, layers=words.layers,
         width=words.width, seed=words.seed)  # fmt: skip
