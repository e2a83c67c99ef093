"""The GPT search space: choices, and networks from answers to them."""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from monas_core.errors import UsageError
from monas_core.parts.space import SearchSpace, Tapped, check_preset
from monas_core.parts.task import Task
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_gpt.configure import configure
from monas_gpt.model import GPT
from monas_gpt.options import Options
from monas_gpt.sizes import MINIATURE, PRESETS, Sizes
from monas_gpt.supernet import GPTSupernet


class GPTSpace(SearchSpace, Tapped):
    """Decoder-only transformers as HW-GPT-Bench defines them (arXiv 2405.10299).

    Args:
        preset: One of ``presets``.
        sizes: Option lists of your own, in place of the preset's.
        options: What is fixed for a whole run.
    """

    name: ClassVar[str] = "gpt"
    modalities: ClassVar[frozenset[str]] = frozenset({"language-model"})
    presets: ClassVar[tuple[str, ...]] = tuple(PRESETS)

    def __init__(
        self, preset: str = "tiny", *, sizes: Sizes | None = None, options: Options | None = None
    ) -> None:
        self.preset = check_preset(type(self), preset)
        self.sizes = sizes or PRESETS[preset]
        if options is not None and options.block_size:
            self.sizes = attrs.evolve(self.sizes, block_size=options.block_size, grows=False)
        self.choices: ChoiceSet = self.sizes.choices()
        self.warm_up = self.sizes.warm_up

    @classmethod
    def tiny(cls) -> GPTSpace:
        """120 architectures of one or two narrow layers."""
        return cls(sizes=MINIATURE)

    def supernet(self, task: Task) -> GPTSupernet:
        """A freshly initialised supernet; vocabulary and context from the task.

        Raises:
            UsageError: The task's context is longer than the table of positions.
        """
        return GPTSupernet(self.choices, self._fitted(task), task.n_outputs)

    def build(self, architecture: Architecture, task: Task) -> GPT:
        """A freshly initialised network; works on the ``meta`` device.

        Raises:
            UsageError: As ``supernet``.
        """
        self.choices.to_indices(architecture)  # refuses an architecture of another space
        return GPT(configure(architecture, self._fitted(task), task.n_outputs))

    def _fitted(self, task: Task) -> Sizes:
        """Sizes with positions for the task's context."""
        context, longest = int(task.example(1).shape[-1]), self.sizes.block_size
        if context <= longest:
            return self.sizes
        if not self.sizes.grows:
            raise UsageError(
                f'Task "{task.name}" shows {context} tokens, and networks of preset '
                f'"{self.preset}" have positions for {longest}; give a smaller '
                f"options.task.context, or longer positions: options.space.block_size={context}."
            )
        return attrs.evolve(self.sizes, block_size=context)

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
