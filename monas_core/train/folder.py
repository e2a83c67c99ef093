"""Where a trained subnet is kept: ``RUN/trained/<key>/``.

``settings.json`` from the start on; ``events.jsonl`` and ``checkpoints/`` while it is
trained; ``weights/`` with a manifest and, last of all, ``result.json``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_model, save_model
from torch import nn

from monas_core import seals
from monas_core.errors import UsageError
from monas_core.files import atomic_folder, inside, remove
from monas_core.record.rundir import RunFolder
from monas_core.state import MANIFEST, system_fault, verify, write_manifest
from monas_core.values.architecture import Architecture

_WEIGHTS = "model.safetensors"


class TrainedFolder(RunFolder):
    """The training of one subnet on disk."""

    @classmethod
    def of(cls, run: Path, architecture: Architecture) -> TrainedFolder:
        """The folder of an architecture, which need not exist."""
        return cls(inside(run, "trained", architecture.key))

    @classmethod
    def all_in(cls, run: Path) -> Iterator[TrainedFolder]:
        """Every training of a run, finished or not, in order of key."""
        trained = inside(run, "trained")
        for path in sorted(trained.glob("*/settings.json")):
            yield cls(inside(trained, path.parent.name))

    @property
    def whose(self) -> str:
        """Of which run, and of which subnet."""
        return f"{seals.identity(self.path.parent.parent)}/{self.path.name}"

    @property
    def started(self) -> bool:
        """Whether there is something to go on with."""
        return self.at("settings.json").is_file()

    def check_begun(self) -> None:
        """Raise UsageError where a training has lost what it was begun with."""
        there = [n for n in ("result.json", "weights", "checkpoints") if self.at(n).exists()]
        if there and not self.started:
            raise UsageError(
                f"{self.at('settings.json')} is missing, and {' and '.join(there)} of a training "
                "are there; restore it from a copy, or train the subnet again with --anew."
            )

    def settings(self) -> dict[str, Any]:
        """``{"settings", "steps", "architecture"}``. Raises UsageError when damaged."""
        return self._document("settings.json")

    def result(self) -> dict[str, Any]:
        """What the training found. Raises UsageError when missing or damaged."""
        return self._document("result.json")

    def _document(self, name: str) -> dict[str, Any]:
        path = self.at(name)
        try:
            document = seals.read(path, self.whose)
        except (OSError, ValueError) as error:
            raise UsageError(
                f"{path} is missing or damaged ({error}); train the subnet again with --anew."
            ) from error
        if not isinstance(document, dict):
            raise UsageError(f"{path} is damaged: no object; train the subnet again with --anew.")
        return document

    def start(self, document: Mapping[str, Any]) -> None:
        """Make the folder with its settings."""
        self.path.mkdir(parents=True, exist_ok=True)
        seals.write(self.at("settings.json"), document, self.whose)

    def clear(self) -> None:
        """Forget an earlier training."""
        for path in self.path.iterdir():
            if path.name != ".lock":
                remove(path)

    def finish(self, result: Mapping[str, Any]) -> None:
        """Keep the result, which declares the training complete; checkpoints are of no more use."""
        seals.write(self.at("result.json"), result, self.whose)
        remove(self.at("checkpoints"))

    def keep(self, network: nn.Module) -> None:
        """Write the weights. Raises MonasError where that is not possible."""
        with atomic_folder(self.at("weights")) as draft:
            try:
                save_model(network, str(draft / _WEIGHTS))
            except SafetensorError as error:
                raise system_fault(error) from error
            write_manifest(draft, (_WEIGHTS,), self.whose)

    def weights(self) -> Path:
        """Where the weights lie. Raises UsageError where they are not those that were written."""
        path = self.at("weights", _WEIGHTS)
        try:
            if self.at("weights", MANIFEST).exists():  # earlier versions wrote none
                verify(path.parent, (_WEIGHTS,), self.whose)
        except (OSError, ValueError) as error:
            raise _damaged(path, error) from error
        return path

    def load_into(self, network: nn.Module) -> None:
        """Give a network of this architecture the trained weights.

        Raises:
            UsageError: The file is missing, damaged or of another network.
        """
        path = self.weights()
        try:
            load_model(network, path)
        except Exception as error:
            raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> UsageError:
    reason = " ".join(str(error).split())
    return UsageError(
        f"Trained weights {path} are missing or damaged ({reason:.160}); train the subnet "
        "again with --anew, or take the inherited ones with --weights inherited."
    )
