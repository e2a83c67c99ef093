"""A sub-network as a stock class of the package transformers.

Stock classes have layers of one size. Where those of a sub-network differ, the smaller ones are
filled up with heads and hidden units whose weights are zero: what reads them adds nothing, so
every output stays as it is. What that costs is written into the configuration.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import attrs
import torch

from monas_core.extras import quiet_transformers
from monas_core.tracing.storage import FULL
from monas_hf.network import LanguageModel
from monas_hf.roles import Sizes, filled
from monas_hf.shapes import Layer, widest


def to_stock(network: LanguageModel) -> Any:
    """The same network as ``GPT2LMHeadModel``, ``LlamaForCausalLM`` and so on, weights copied."""
    family = network.family
    target = _target(network)
    config = _config(network, target)
    kind = "LMHeadModel" if not family.rotary else "ForCausalLM"
    with quiet_transformers():
        stock = family.module(kind)(config)
    hidden, layers = network.shape.hidden, f"{family.body}.{family.parts[1]}."
    weights: Mapping[str, torch.nn.Parameter] = dict(stock.named_parameters())
    with torch.no_grad():
        for name, weight in network.weights().items():
            own, rank = name, None
            if name.startswith(layers):
                number, _, rest = name.removeprefix(layers).partition(".")
                rank = int(number)
                own = f"{layers}{network.in_order.index(rank)}.{rest}"
            layer = None if rank is None else network.shape.layers[rank]
            part = Sizes(hidden, layer, network.head)
            whole = Sizes(hidden, None if rank is None else target, network.head)
            full = filled(weight, family.roles_of(name), part, whole)
            assert weights[own].shape == full.shape, (own, weights[own].shape, full.shape)
            weights[own].copy_(full)
    _tell(network, stock, target)
    return stock.train(network.training)


def _target(network: LanguageModel) -> Layer:
    """The one size of all layers; GPT-2 has as many heads as fill its width."""
    found = widest(network.shape.layers)  # in full precision
    if network.family.rotary:
        return found
    return Layer(network.shape.hidden // network.head, 1, found.mlp)


def _config(network: LanguageModel, target: Layer) -> Any:
    config = copy.deepcopy(network.config)
    config.num_hidden_layers = len(network.shape.layers)
    if network.family.rotary:
        config.hidden_size, config.head_dim = network.shape.hidden, network.head
        config.num_key_value_heads = target.groups
        config.num_attention_heads = target.groups * target.queries
        config.intermediate_size = target.mlp
    else:
        config.n_inner = target.mlp
    if getattr(config, "layer_types", None):
        config.layer_types = ["full_attention"] * config.num_hidden_layers
    config.tie_word_embeddings = network.tied
    return config


def _tell(network: LanguageModel, stock: Any, target: Layer) -> None:
    """Write into the configuration what was kept of the checkpoint, and what is filled up."""
    mine = sum(weight.numel() for weight in network.parameters())
    theirs = sum(weight.numel() for weight in stock.parameters())
    sizes = [network.shape.layers[rank] for rank in network.in_order]
    places = network.places.tolist()
    stock.config.monas = {
        "layers_kept": [places[rank] for rank in network.in_order],
        "key_value_heads": [size.groups for size in sizes],
        "query_heads": [size.groups * size.queries for size in sizes],
        "mlp_units": [size.mlp for size in sizes],
        "filled_with_zeros": {attrs.evolve(size, bits=FULL) for size in sizes} != {target},
        "zero_weights": theirs - mine,
        "bits": [size.bits for size in sizes],
        "zero_share": round(1 - mine / theirs, 6),
    }
