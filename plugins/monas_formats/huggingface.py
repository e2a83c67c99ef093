"""``hf``: a folder that a stock class of the package ``transformers`` loads.

Only a search space knows which of its networks have such a form, so it says so: its spec
provides ``transformers`` and it has the method of ``Convertible``.
"""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path
from typing import Any, ClassVar, Protocol, cast

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten

from monas_core.errors import UsageError
from monas_core.export.check import compare
from monas_core.export.format import Format
from monas_core.export.subject import Subject
from monas_core.extras import quiet_transformers

CAPABILITY = "transformers"
"""What the spec of a space provides when the space is ``Convertible``."""


class Convertible(Protocol):
    """A search space whose networks have a stock form.

    It may name files that belong to them, a tokenizer say, as ``companions``.
    """

    def to_transformers(self, network: nn.Module) -> Any:
        """The same network as a ``transformers.PreTrainedModel``, weights copied.

        Its ``forward`` takes the subnet's inputs as its first argument and answers with
        something that has ``logits``.

        Raises:
            UsageError: This architecture has no such form; says what is in the way.
        """
        ...


class HuggingFace(Format):
    """A folder; with the task's tokenizer where it has one in that form."""

    loader: ClassVar[str] = "monas_formats.huggingface_loader"
    packages: ClassVar[tuple[str, ...]] = ("torch", "numpy", "transformers")

    def write(self, subject: Subject, path: Path) -> dict[str, Any]:
        """Convert, save, load back with the stock class, and compare.

        Raises:
            UsageError: The space has no stock form, or this architecture has none.
            MonasError: It answers otherwise.
        """
        if CAPABILITY not in subject.capabilities:
            raise UsageError(
                f'Networks of space "{subject.space.name}" have no stock form in the package '
                "transformers; choose another --format."
            )
        with warnings.catch_warnings(), quiet_transformers():
            warnings.simplefilter("ignore")
            converted = cast("Convertible", subject.space).to_transformers(subject.network)
            converted.eval().save_pretrained(path)
            for file in getattr(subject.space, "companions", ()):
                shutil.copyfile(file, path / file.name)
            loaded = type(converted).from_pretrained(path, local_files_only=True).eval()

        def answer(inputs: Any) -> list[Tensor]:
            with torch.no_grad():
                return tree_flatten(loaded(inputs).logits)[0]

        return {
            "check": compare(subject, answer, "hf"),
            "class": type(converted).__name__,
            "filled": getattr(converted.config, "monas", None),
            "parameters": sum(parameter.numel() for parameter in loaded.parameters()),
        }
