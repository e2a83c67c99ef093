"""Where a trained subnet is kept: ``RUN/trained/<key>/``.

``settings.json`` from the start on; ``events.jsonl`` and ``checkpoints/`` while it is
trained; ``weights.safetensors`` and, last of all, ``result.json``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_model, save_model
from torch import nn

from monas_core.errors import UsageError
from monas_core.files import atomic_folder, inside, parse_json, remove, strict_json, write_text
from monas_core.record.rundir import RunFolder
from monas_core.state import system_fault
from monas_core.values.architecture import Architecture


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
    def started(self) -> bool:
        """Whether there is something to go on with."""
        return self.at("settings.json").is_file()

    def settings(self) -> dict[str, Any]:
        """``{"settings", "steps", "architecture"}``. Raises UsageError when damaged."""
        return self._document("settings.json")

    def result(self) -> dict[str, Any]:
        """What the training found. Raises UsageError when missing or damaged."""
        return self._document("result.json")

    def _document(self, name: str) -> dict[str, Any]:
        path = self.at(name)
        try:
            document = parse_json(path.read_text(encoding="utf-8"))
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
        write_text(self.at("settings.json"), strict_json(document, indent=1) + "\n")

    def clear(self) -> None:
        """Forget an earlier training."""
        for path in self.path.iterdir():
            if path.name != ".lock":
                remove(path)

    def finish(self, result: Mapping[str, Any]) -> None:
        """Keep the result, which declares the training complete; checkpoints are of no more use."""
        write_text(self.at("result.json"), strict_json(result, indent=1) + "\n")
        remove(self.at("checkpoints"))

    def keep(self, network: nn.Module) -> None:
        """Write the weights. Raises MonasError where that is not possible."""
        with atomic_folder(self.at("weights")) as draft:
            try:
                save_model(network, str(draft / "model.safetensors"))
            except SafetensorError as error:
                raise system_fault(error) from error

    def load_into(self, network: nn.Module) -> None:
        """Give a network of this architecture the trained weights.

        Raises:
            UsageError: The file is missing, damaged or of another network.
        """
        path = self.at("weights", "model.safetensors")
        try:
            load_model(network, path)
        except Exception as error:
            reason = " ".join(str(error).split())
            raise UsageError(
                f"Trained weights {path} are missing or damaged ({reason:.160}); train the subnet "
                "again with --anew, or take the inherited ones with --weights inherited."
            ) from error
