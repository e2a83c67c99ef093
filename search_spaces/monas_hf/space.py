"""The space of the sub-networks of a checkpoint: ``hf:FOLDER``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, cast

import attrs

from monas_core.errors import UsageError
from monas_core.parts.space import SearchSpace, WarmUp, check_preset
from monas_core.parts.task import Task
from monas_core.tracing.workload import Tracer
from monas_core.values.architecture import Architecture
from monas_hf.checkpoint import COMPANIONS, Checkpoint, configuration
from monas_hf.families import FAMILIES, Family, whole_shape
from monas_hf.loading import loaded, match
from monas_hf.network import LanguageModel
from monas_hf.options import HFOptions
from monas_hf.shapes import Shape, choice_set, shape_of
from monas_hf.supernet import HFSupernet
from monas_hf.vocabulary import check_context, check_fit

_HEALING = WarmUp(steps=200, batch_size=8, learning_rate=2e-4)
"""A few steps at a low rate: the weights are good already, sub-networks are to recover."""
MINIATURE: Mapping[str, Any] = {
    "model_type": "llama", "vocab_size": 256, "hidden_size": 32, "intermediate_size": 32,
    "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 8,
    "max_position_embeddings": 64, "tie_word_embeddings": True,
}  # fmt: skip
"""A configuration for contracts: random weights, a few dozen architectures."""


class HFSpace(SearchSpace):
    """Sub-networks of a GPT-2, Llama or Qwen checkpoint, the most important parts first.

    Args:
        preset: One of ``presets``.
        argument: Folder of the checkpoint.
        options: How it becomes a supernet.
        miniature: Configuration of a network without a checkpoint, for contracts.

    Raises:
        UsageError: No folder, or none that can be read.
    """

    name: ClassVar[str] = "hf"
    modalities: ClassVar[frozenset[str]] = frozenset({"language-model"})
    presets: ClassVar[tuple[str, ...]] = ("all", "depth", "width")

    def __init__(
        self,
        preset: str = "all",
        *,
        argument: str | None = None,
        options: HFOptions | None = None,
        miniature: Mapping[str, Any] | None = None,
    ) -> None:
        self.preset = check_preset(type(self), preset)
        self._checkpoint: Checkpoint | None = None
        self.family: Family
        if miniature is not None:
            self.family = FAMILIES[miniature["model_type"]]
            self.config = configuration(miniature, "miniature")
        elif argument is None:
            raise UsageError(
                'Space "hf" needs the folder of a checkpoint, got none; write hf:FOLDER.'
            )
        else:
            folder = Path(argument).expanduser().absolute()
            self._checkpoint = Checkpoint(folder)
            self.argument = str(folder)
            self.family, self.config = self._checkpoint.family, self._checkpoint.config
            if self._checkpoint.tokenizer() is not None:
                self.task_options = {"tokenizer": str(folder)}
        chosen = options or HFOptions()
        self._calibration = chosen.calibration
        self.whole, self._head = whole_shape(self.config)
        if self._checkpoint is not None:
            match(self._checkpoint, self._blank())  # refused before anything starts
        # GPT-2 ties the width of the stream to its heads, so stock classes would not load less
        self.choices = choice_set(self.whole, preset, hidden=self.family.rotary, bits=chosen.bits)
        self.warm_up = _HEALING if miniature is None else attrs.evolve(_HEALING, steps=20)

    @classmethod
    def tiny(cls) -> HFSpace:
        """A Llama of two narrow layers with random weights."""
        return cls(miniature=MINIATURE)

    @property
    def companions(self) -> Sequence[Path]:
        """Files of the checkpoint that go along with its sub-networks: tokenizer, generation."""
        if self._checkpoint is None:
            return ()
        files = [self._checkpoint.folder / name for name in COMPANIONS]
        return [file for file in files if file.is_file()]

    def supernet(self, task: Task) -> HFSupernet:
        """The checkpoint with its weights, sorted by what matters on samples of the task.

        Raises:
            UsageError: The weights cannot be read, or the task has other tokens.
        """
        self._check(task)
        if self._checkpoint is None:
            network = self._make(self.whole)
        else:
            network = loaded(self._checkpoint, self._blank())
        supernet = HFSupernet(network, self._shape, self._make)
        if self._calibration and self._checkpoint is not None:
            supernet.calibrate(task, self._calibration, hidden="hidden" in self.choices.position)
        return supernet

    def build(self, architecture: Architecture, task: Task) -> LanguageModel:
        """A freshly initialised network; works on the ``meta`` device."""
        self._check(task)
        return self._make(self._shape(architecture))

    def to_transformers(self, network: LanguageModel) -> Any:
        """A network of this space as a stock class of the package transformers.

        Layers of different sizes are filled up with zeros, which leaves every output as it is.
        """
        from monas_hf.stock import to_stock

        return to_stock(network)

    def to_ggml(self, network: LanguageModel) -> dict[str, Any]:
        """A network of this space as llama.cpp knows it: unequal layers as they are."""
        from monas_hf.ggml import to_ggml

        return to_ggml(network)

    def _shape(self, architecture: Architecture) -> Shape:
        self.choices.to_indices(architecture)  # refuses an architecture of another space
        return shape_of(architecture, self.whole)

    def _make(self, shape: Shape) -> LanguageModel:
        return LanguageModel(self.family, self.config, shape, self._head)

    def _blank(self) -> LanguageModel:
        return cast("LanguageModel", Tracer().build(lambda: self._make(self.whole)))

    def _check(self, task: Task) -> None:
        tokenizer = self._checkpoint.tokenizer() if self._checkpoint else None
        folder = self.argument or "miniature"
        check_fit(task, tokenizer, int(self.config.vocab_size), folder)
        check_context(task, int(self.config.max_position_embeddings), folder)
