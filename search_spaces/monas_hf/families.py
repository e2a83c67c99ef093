"""Families of language models: their modules in the package transformers, and their weights."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Mapping
from typing import Any, cast

import attrs
from torch import nn

from monas_hf.roles import Role
from monas_hf.shapes import Layer, Shape

_GPT2: Mapping[str, tuple[Role, ...]] = {
    "wte.weight": ("all", "hidden"),
    "wpe.weight": ("all", "hidden"),
    "ln_f.weight": ("hidden",),
    "ln_f.bias": ("hidden",),
    "ln_1.weight": ("hidden",),
    "ln_1.bias": ("hidden",),
    "ln_2.weight": ("hidden",),
    "ln_2.bias": ("hidden",),
    "attn.c_attn.weight": ("hidden", "packed"),
    "attn.c_attn.bias": ("packed",),
    "attn.c_proj.weight": ("query", "hidden"),
    "attn.c_proj.bias": ("hidden",),
    "mlp.c_fc.weight": ("hidden", "mlp"),
    "mlp.c_fc.bias": ("mlp",),
    "mlp.c_proj.weight": ("mlp", "hidden"),
    "mlp.c_proj.bias": ("hidden",),
    "lm_head.weight": ("all", "hidden"),
}
_ROTARY: Mapping[str, tuple[Role, ...]] = {
    "embed_tokens.weight": ("all", "hidden"),
    "norm.weight": ("hidden",),
    "input_layernorm.weight": ("hidden",),
    "post_attention_layernorm.weight": ("hidden",),
    "self_attn.q_proj.weight": ("query", "hidden"),
    "self_attn.q_proj.bias": ("query",),
    "self_attn.k_proj.weight": ("key", "hidden"),
    "self_attn.k_proj.bias": ("key",),
    "self_attn.v_proj.weight": ("key", "hidden"),
    "self_attn.v_proj.bias": ("key",),
    "self_attn.o_proj.weight": ("hidden", "query"),
    "self_attn.o_proj.bias": ("hidden",),
    "self_attn.q_norm.weight": ("all",),
    "self_attn.k_norm.weight": ("all",),
    "mlp.gate_proj.weight": ("mlp", "hidden"),
    "mlp.gate_proj.bias": ("mlp",),
    "mlp.up_proj.weight": ("mlp", "hidden"),
    "mlp.up_proj.bias": ("mlp",),
    "mlp.down_proj.weight": ("hidden", "mlp"),
    "mlp.down_proj.bias": ("hidden",),
    "lm_head.weight": ("all", "hidden"),
}


@attrs.frozen
class Family:
    """One architecture of the package transformers.

    Attributes:
        title: Prefix of its classes: ``Llama`` of ``LlamaForCausalLM``.
        body: Name of the module that holds everything but the output layer.
        parts: Names in the body of: token embedding, layers, last norm.
        roles: Of the dimensions of every weight, by the end of its name.
        norms: Norms of a layer, by name.
        readers: Linear layers whose inputs are the heads' outputs and the MLP's hidden units.
        rotary: Whether positions are turned into queries and keys; else they are embedded, and
            the residual stream is as wide as all heads of the checkpoint.
    """

    title: str
    body: str
    parts: tuple[str, str, str]
    roles: Mapping[str, tuple[Role, ...]]
    norms: tuple[str, str]
    readers: tuple[str, str]
    rotary: bool

    @property
    def inputs(self) -> int:
        """Dimension of inputs of a layer's matrices: GPT-2's ``Conv1D`` keeps them first."""
        return 1 if self.rotary else 0

    def roles_of(self, name: str) -> tuple[Role, ...]:
        """Roles of the dimensions of a weight."""
        return next(r for end, r in self.roles.items() if f".{name}".endswith(f".{end}"))

    def module(self, kind: str) -> Any:
        """A class of the family: ``RotaryEmbedding``, ``ForCausalLM``."""
        name = self.title.lower()
        home = importlib.import_module(f"transformers.models.{name}.modeling_{name}")
        return getattr(home, f"{self.title}{kind}")

    def layer(self, config: Any, shape: Shape, rank: int, head: int) -> nn.Module:
        """A layer of the sizes that a shape says, of transformers' own modules."""
        sizes = shape.layers[rank]
        own = copy.copy(config)
        own.hidden_size = shape.hidden
        if self.rotary:
            own.head_dim = head
            own.num_key_value_heads = sizes.groups
            own.num_attention_heads = sizes.groups * sizes.queries
            own.intermediate_size = sizes.mlp
            return cast("nn.Module", self.module("DecoderLayer")(own, rank))
        own.n_inner = sizes.mlp
        block = self.module("Block")(own, layer_idx=rank)
        _fewer_heads(block.attn, shape.hidden, sizes.groups, head)
        return cast("nn.Module", block)


def _fewer_heads(attention: Any, hidden: int, heads: int, head: int) -> None:
    """GPT-2 splits its width into heads; a sub-network keeps the heads it has as they are."""
    from transformers.pytorch_utils import Conv1D

    if heads * head == attention.split_size:
        return
    attention.num_heads, attention.head_dim, attention.split_size = heads, head, heads * head
    attention.scaling = head**-0.5 if attention.scale_attn_weights else 1.0
    attention.c_attn = Conv1D(3 * heads * head, hidden)
    attention.c_proj = Conv1D(hidden, heads * head)


def _rotary(title: str) -> Family:
    return Family(
        title=title,
        body="model",
        parts=("embed_tokens", "layers", "norm"),
        roles=_ROTARY,
        norms=("input_layernorm", "post_attention_layernorm"),
        readers=("self_attn.o_proj", "mlp.down_proj"),
        rotary=True,
    )


FAMILIES: Mapping[str, Family] = {
    "gpt2": Family(
        title="GPT2",
        body="transformer",
        parts=("wte", "h", "ln_f"),
        roles=_GPT2,
        norms=("ln_1", "ln_2"),
        readers=("attn.c_proj", "mlp.c_proj"),
        rotary=False,
    ),
    "llama": _rotary("Llama"),
    "qwen2": _rotary("Qwen2"),
    "qwen3": _rotary("Qwen3"),
}
"""By ``model_type`` of ``config.json``."""


def whole_shape(config: Any) -> tuple[Shape, int]:
    """Sizes of the checkpoint a configuration of transformers describes; width of a head."""
    heads = int(config.num_attention_heads)
    groups = int(getattr(config, "num_key_value_heads", None) or heads)
    head = int(getattr(config, "head_dim", None) or config.hidden_size // heads)
    mlp = getattr(config, "n_inner", None) or getattr(config, "intermediate_size", None)
    layer = Layer(groups, heads // groups, int(mlp or 4 * config.hidden_size))
    return Shape(int(config.hidden_size), (layer,) * int(config.num_hidden_layers)), head
