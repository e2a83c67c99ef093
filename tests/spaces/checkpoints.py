"""Small checkpoints with random weights, written by the package transformers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

VOCABULARY = 256
FAMILIES = ("gpt2", "llama", "qwen2", "qwen3")


def config_of(family: str, **changes: Any) -> Any:
    """A few narrow layers; grouped-query attention everywhere but in GPT-2."""
    import transformers

    if family == "gpt2":
        sizes: dict[str, Any] = {"n_positions": 64, "n_embd": 32, "n_layer": 3, "n_head": 4}
        return transformers.GPT2Config(vocab_size=VOCABULARY, **{**sizes, **changes})
    sizes = {
        "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3,
        "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 8,
        "max_position_embeddings": 64, "tie_word_embeddings": family == "llama",
    }  # fmt: skip
    kinds = {"llama": "LlamaConfig", "qwen2": "Qwen2Config", "qwen3": "Qwen3Config"}
    if family == "qwen2":  # its heads are as wide as its width allows
        sizes |= {"num_attention_heads": 4, "num_key_value_heads": 2}
        del sizes["head_dim"]
    kind = getattr(transformers, kinds[family])
    return kind(vocab_size=VOCABULARY, **{**sizes, **changes})


def model_of(family: str, seed: int = 0, **changes: Any) -> Any:
    """A model whose weights, biases and norms are all generic."""
    import transformers

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = transformers.AutoModelForCausalLM.from_config(config_of(family, **changes)).eval()
        with torch.no_grad():
            for weight in model.parameters():
                weight.add_(0.1 * torch.randn_like(weight))
    return model


def save(model: Any, folder: Path, **how: Any) -> Path:
    """The folder of a model; ``how`` goes to ``save_pretrained``."""
    model.save_pretrained(folder, **how)
    return folder


def edit(file: Path, **changes: Any) -> None:
    """Change a JSON file."""
    document = {**json.loads(file.read_text(encoding="utf-8")), **changes}
    file.write_text(json.dumps(document), encoding="utf-8")
