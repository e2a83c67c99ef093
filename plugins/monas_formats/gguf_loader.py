"""Reads a GGUF file of Llama's kind or GPT-2 and computes it with torch; shipped with it.

llama.cpp computes the same much faster; this is the plain version to compare with.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F


def load(path: Path) -> Callable[[Any], Any]:
    """The network as a function from tokens ``(B, T)`` to logits, both arrays."""
    import gguf

    reader = gguf.GGUFReader(path)
    known = {name: field.contents() for name, field in reader.fields.items()}
    kind = known["general.architecture"]
    facts = {k.removeprefix(f"{kind}."): v for k, v in known.items() if k.startswith(f"{kind}.")}
    weights = {
        item.name: torch.from_numpy(gguf.quants.dequantize(item.data, item.tensor_type).copy())
        for item in reader.tensors
    }

    def run(inputs: Any) -> Any:
        with torch.no_grad():
            return _logits(kind, facts, weights, torch.from_numpy(inputs)).numpy()

    return run


def _logits(kind: str, facts: Any, w: Any, tokens: Any) -> Any:
    x = w["token_embd.weight"][tokens]  # (B, T, D)
    if kind == "gpt2":
        x = x + w["position_embd.weight"][: tokens.shape[1]]
    for layer in range(facts["block_count"]):
        own = {
            name.removeprefix(f"blk.{layer}."): value
            for name, value in w.items()
            if name.startswith(f"blk.{layer}.")
        }
        x = x + _attention(kind, facts, own, w, _norm(facts, own, "attn_norm", x), layer)
        y = _norm(facts, own, "ffn_norm", x)
        if kind == "gpt2":
            inner = F.gelu(_linear(own, "ffn_up", y), approximate="tanh")
        else:
            inner = F.silu(_linear(own, "ffn_gate", y)) * _linear(own, "ffn_up", y)
        x = x + _linear(own, "ffn_down", inner)
    x = _norm(facts, w, "output_norm", x)
    return x @ w.get("output.weight", w["token_embd.weight"]).T


def _linear(w: Any, name: str, x: Any) -> Any:
    return F.linear(x, w[f"{name}.weight"], w.get(f"{name}.bias"))


def _norm(facts: Any, w: Any, name: str, x: Any) -> Any:
    """LayerNorm where there is a bias, else RMSNorm."""
    weight, bias = w[f"{name}.weight"], w.get(f"{name}.bias")
    if bias is not None:
        return F.layer_norm(x, weight.shape, weight, bias, facts["attention.layer_norm_epsilon"])
    mean = x.square().mean(-1, keepdim=True)
    return weight * (x * torch.rsqrt(mean + facts["attention.layer_norm_rms_epsilon"]))


def _attention(kind: str, facts: Any, own: Any, w: Any, x: Any, layer: int) -> Any:
    def count(name: str) -> int:
        value = facts.get(name, facts["attention.head_count"])
        return int(value[layer] if isinstance(value, list) else value)

    heads, groups = count("attention.head_count"), count("attention.head_count_kv")
    if kind == "gpt2":
        q, k, v = _linear(own, "attn_qkv", x).chunk(3, dim=-1)
    else:
        q, k, v = (_linear(own, f"attn_{letter}", x) for letter in "qkv")
    q, k, v = (t.unflatten(-1, (n, -1)).transpose(1, 2) for t, n in zip((q, k, v), (heads, groups, groups)))  # fmt: skip  # noqa: B905, E501
    if kind != "gpt2":
        if "attn_q_norm.weight" in own:
            q, k = _norm(facts, own, "attn_q_norm", q), _norm(facts, own, "attn_k_norm", k)
        q, k = (_turned(kind, facts, w, t) for t in (q, k))
    out = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=heads != groups)
    return _linear(own, "attn_output", out.transpose(1, 2).flatten(2))


def _turned(kind: str, facts: Any, w: Any, x: Any) -> Any:
    """Rotary positions of ``(B, H, T, head)``: neighbours in pairs; Qwen's halves."""
    size = facts["rope.dimension_count"]
    pace = facts["rope.freq_base"] ** (-torch.arange(0, size, 2).float() / size)
    pace = pace / w.get("rope_freqs.weight", torch.ones(1))
    angle = torch.arange(x.shape[2]).float()[:, None] * pace  # (T, head / 2)
    cos, sin = angle.cos(), angle.sin()
    if kind == "qwen3":
        first, second = x.chunk(2, dim=-1)
        return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)
    first, second = x[..., ::2], x[..., 1::2]
    pairs = [first * cos - second * sin, second * cos + first * sin]
    return torch.stack(pairs, dim=-1).flatten(-2)
