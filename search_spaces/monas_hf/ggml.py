"""A sub-network as llama.cpp knows it: which architecture, its sizes, its weights by their names.

llama.cpp's ``llama`` has layers of one size; its ``deci`` (NVIDIA's Nemotron, found by search) is
the same network with counts of heads and hidden units layer by layer, and takes unequal layers as
they are. Qwen 2 is Llama with biases there. GPT-2 and Qwen 3 have no such twin, so their unequal
layers are filled up with zeros, as for stock classes of transformers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from monas_core.errors import UsageError
from monas_core.tracing.storage import FULL
from monas_hf.network import LanguageModel
from monas_hf.shapes import Layer, equal_layers
from monas_hf.stock import to_stock

_TWINS = ("llama", "qwen2")
"""Families whose layers may differ in llama.cpp."""
_NAMES: Mapping[str, str] = {
    "wte": "token_embd", "wpe": "position_embd", "ln_f": "output_norm",
    "embed_tokens": "token_embd", "norm": "output_norm", "lm_head": "output",
    "ln_1": "attn_norm", "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output",
    "ln_2": "ffn_norm", "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down",
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}  # fmt: skip
_ACTIVATIONS = {True: ("silu",), False: ("gelu_new", "gelu_pytorch_tanh")}


def to_ggml(network: LanguageModel) -> dict[str, Any]:
    """What a GGUF file of a network holds.

    Returns:
        ``architecture``, ``fields`` by key without the architecture before it, ``tensors`` by
        name, each ``(out, in)``, ``bits`` of the codes of those that are kept in few, and
        ``filled``: what was filled up with zeros, or ``None``.

    Raises:
        UsageError: An activation or a scaling of positions that llama.cpp does not have there.
    """
    family, config = network.family, network.config
    kind = str(config.model_type)
    wanted = config.hidden_act if family.rotary else config.activation_function
    if wanted not in _ACTIVATIONS[family.rotary]:
        raise UsageError(
            f'Activation "{wanted}" of this {kind} is not the one llama.cpp computes '
            f"({_ACTIVATIONS[family.rotary][0]}); choose another --format."
        )
    if kind in _TWINS:
        layers = [network.shape.layers[rank] for rank in network.in_order]
        named, filled = dict(_in_order(network)), None
    else:
        stock = to_stock(network)
        told = stock.config.monas
        layers = [_stock_layer(stock.config, network.head)] * len(network.in_order)
        named, filled = dict(stock.named_parameters()), told if told["zero_weights"] else None
    twin = "llama" if equal_layers(layers) else "deci"
    architecture = twin if kind in _TWINS else kind
    factors = _factors(network)
    if factors is not None and kind not in _TWINS:
        raise UsageError(
            f"Positions of this {kind} are scaled, which llama.cpp does otherwise there; choose "
            "another --format."
        )
    return {
        "architecture": architecture,
        "fields": _fields(network, layers),
        "tensors": dict(_tensors(network, layers, named, factors)),
        "filled": filled,
        "bits": _bits(network),
    }


def _in_order(network: LanguageModel) -> Iterator[tuple[str, Tensor]]:
    """Weights by name, layers numbered as data pass them."""
    start = f"{network.family.body}.{network.family.parts[1]}."
    for name, weight in network.weights().items():
        if name.startswith(start):
            rank, _, rest = name.removeprefix(start).partition(".")
            yield f"{start}{network.in_order.index(int(rank))}.{rest}", weight
        else:
            yield name, weight


def _bits(network: LanguageModel) -> dict[str, int]:
    found = {}
    for place, rank in enumerate(network.in_order):
        bits = network.shape.layers[rank].bits
        if bits != FULL:
            for name, weight in network.layers[rank].named_parameters():
                if weight.dim() == 2:
                    found[f"blk.{place}.{_NAMES[name.rpartition('.')[0]]}.weight"] = bits
    return found


def _stock_layer(config: Any, head: int) -> Layer:
    if config.model_type == "gpt2":
        return Layer(config.n_embd // head, 1, config.n_inner or 4 * config.n_embd)
    groups = config.num_key_value_heads
    return Layer(groups, config.num_attention_heads // groups, config.intermediate_size)


def _fields(network: LanguageModel, layers: Sequence[Layer]) -> dict[str, Any]:
    config = network.config
    fields: dict[str, Any] = {
        "context_length": network.longest,
        "embedding_length": network.shape.hidden,
        "block_count": len(layers),
        "vocab_size": int(config.vocab_size),
        "feed_forward_length": _one_or_all([layer.mlp for layer in layers]),
        "attention.head_count": _one_or_all([layer.groups * layer.queries for layer in layers]),
    }
    if not network.family.rotary:
        return fields | {"attention.layer_norm_epsilon": float(config.layer_norm_epsilon)}
    rope: Mapping[str, Any] = getattr(config, "rope_parameters", None) or {}
    return fields | {
        "attention.head_count_kv": _one_or_all([layer.groups for layer in layers]),
        "attention.key_length": network.head,
        "attention.value_length": network.head,
        "attention.layer_norm_rms_epsilon": float(config.rms_norm_eps),
        "rope.dimension_count": network.head,
        "rope.freq_base": float(rope.get("rope_theta", 10_000.0)),
    }


def _one_or_all(counts: list[int]) -> int | list[int]:
    return counts[0] if len(set(counts)) == 1 else counts


def _tensors(
    network: LanguageModel,
    layers: Sequence[Layer],
    named: Mapping[str, Tensor],
    factors: Tensor | None,
) -> Iterator[tuple[str, Tensor]]:
    start = f"{network.family.parts[1]}."
    for name, value in named.items():
        own, weight = name.removeprefix(f"{network.family.body}."), value.detach()
        block, layer = "", None
        if own.startswith(start):
            number, _, own = own.removeprefix(start).partition(".")
            block, layer = f"blk.{number}.", layers[int(number)]
        place, _, kind = own.rpartition(".")
        if place == "lm_head" and network.tied:
            continue
        if not network.family.rotary and place.rpartition(".")[2].startswith("c_"):
            weight = weight.T if weight.dim() == 2 else weight  # Conv1D keeps inputs first
        if layer is not None and str(network.config.model_type) in _TWINS:
            heads = {"q_proj": layer.groups * layer.queries, "k_proj": layer.groups}
            weight = _interleaved(weight, heads.get(place.rpartition(".")[2], 0))
        yield f"{block}{_NAMES[place]}.{kind}", weight.contiguous()
    if factors is not None:
        yield "rope_freqs.weight", factors


def _interleaved(weight: Tensor, heads: int) -> Tensor:
    """Rows of queries and keys in pairs that are turned together, as llama.cpp's Llama wants."""
    if not heads:
        return weight
    halves = weight.unflatten(0, (heads, 2, weight.shape[0] // heads // 2))
    return halves.transpose(1, 2).flatten(0, 2)


def _factors(network: LanguageModel) -> Tensor | None:
    """By what each frequency is divided, ``(head / 2,)``; ``None`` where by nothing.

    Raises:
        UsageError: Attention is scaled too, or positions depend on the length of a text.
    """
    if not network.family.rotary:
        return None
    rotary: Any = network.rotary
    if float(rotary.attention_scaling) != 1 or str(rotary.rope_type) in ("dynamic", "longrope"):
        raise UsageError(
            f'Positions of kind "{rotary.rope_type}" have no form in GGUF here; choose another '
            "--format."
        )
    own = rotary.inv_freq.detach().float().cpu()
    base = _fields(network, network.shape.layers)["rope.freq_base"]
    plain = base ** (-torch.arange(0, network.head, 2).float() / network.head)
    ratio = plain / own
    return None if torch.allclose(ratio, torch.ones_like(ratio), rtol=1e-4) else ratio
