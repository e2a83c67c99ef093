"""The GPT search space: choices, and networks from answers to them."""

from __future__ import annotations

from typing import Any, ClassVar

from monas_core.parts.space import SearchSpace, Tapped, check_preset
from monas_core.parts.task import Task
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_gpt.configure import configure
from monas_gpt.model import GPT
from monas_gpt.sizes import MINIATURE, PRESETS, Sizes
from monas_gpt.supernet import GPTSupernet


class GPTSpace(SearchSpace, Tapped):
    """Decoder-only transformers as HW-GPT-Bench defines them (arXiv 2405.10299).

    Args:
        preset: One of ``presets``.
        sizes: Option lists of your own, in place of the preset's.
    """

    name: ClassVar[str] = "gpt"
    modalities: ClassVar[frozenset[str]] = frozenset({"language-model"})
    presets: ClassVar[tuple[str, ...]] = tuple(PRESETS)

    def __init__(self, preset: str = "tiny", *, sizes: Sizes | None = None) -> None:
        self.preset = check_preset(type(self), preset)
        self.sizes = sizes or PRESETS[preset]
        self.choices: ChoiceSet = self.sizes.choices()
        self.warm_up = self.sizes.warm_up

    @classmethod
    def tiny(cls) -> GPTSpace:
        """120 architectures of one or two narrow layers."""
        return cls(sizes=MINIATURE)

    @property
    def block_size(self) -> int:
        """Longest context in tokens."""
        return self.sizes.block_size

    def supernet(self, task: Task) -> GPTSupernet:
        """A freshly initialised supernet; vocabulary from the task."""
        return GPTSupernet(self.choices, self.sizes, task.n_outputs)

    def build(self, architecture: Architecture, task: Task) -> GPT:
        """A freshly initialised network; works on the ``meta`` device."""
        self.choices.to_indices(architecture)  # refuses an architecture of another space
        return GPT(configure(architecture, self.sizes, task.n_outputs))

    def taps(self, architecture: Architecture) -> tuple[str, ...]:
        """Every layer of the deepest; a layer that is not there gives what the last one gave."""
        last = int(architecture["n_layer"]) - 1
        return tuple(f"blocks.{min(layer, last)}" for layer in range(max(self.sizes.n_layer)))

    def to_transformers(self, network: GPT) -> Any:
        """A network of this space as ``GPT2LMHeadModel`` (capability ``transformers``).

        Raises:
            UsageError: Its layers differ.
        """
        from monas_gpt.huggingface import to_gpt2

        return to_gpt2(network)
