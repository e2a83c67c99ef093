"""Faults planted one at a time in an otherwise honest format; each is caught, with its message."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from monas_core.catalog.discovery import Discovery
from monas_core.catalog.lookup import Catalog
from monas_core.errors import MonasError
from monas_core.export import bundle
from monas_core.export.check import compare
from monas_core.export.format import Format
from monas_core.testing import contracts
from monas_core.testing.stages import Stages

STAGES = Stages(Catalog(Discovery((), ())))
LOADER = '''"""Reads the arrays of a small perceptron; shipped with it."""

from __future__ import annotations

import numpy as np


def load(path):
    weights = np.load(path)
    first, bias, head, last = (weights[f"arr_{n}"] for n in range(4))

    def run(inputs):
        return np.maximum(inputs @ first.T + bias, 0.0) @ head.T + last

    return run
'''


class Arrays(Format):
    """The weights of the smallest toy network as one file of numpy."""

    suffix = ".npz"
    loader = "planted_loader"
    packages = ("numpy>=1",)

    def write(self, subject: Any, path: Path) -> dict[str, Any]:
        np.savez(path, *(w.detach().numpy() for w in subject.network.parameters()))
        scope: dict[str, Any] = {}
        exec(LOADER, scope)
        model = scope["load"](path)
        return {"check": compare(subject, lambda x: [torch.from_numpy(model(x.numpy()))], "arrays")}


class Rounds(Arrays):
    """Half precision, and its own check says that nothing is lost."""

    def write(self, subject: Any, path: Path) -> dict[str, Any]:
        found = super().write(subject, path)
        weights = [w.detach().half().float().numpy() for w in subject.network.parameters()]
        np.savez(path, *weights)
        return found


class Other(Arrays):
    """Other weights, and no check of its own."""

    def write(self, subject: Any, path: Path) -> dict[str, Any]:
        found = super().write(subject, path)
        np.savez(path, *(1.5 * w.detach().numpy() for w in subject.network.parameters()))
        return found


class Lenient(Arrays):
    """A tolerance of its own."""

    def write(self, subject: Any, path: Path) -> dict[str, Any]:
        found = super().write(subject, path)
        return {"check": {**found["check"], "tolerance": 0.1, "max_difference": 0.05}}


class Hasty(Arrays):
    """Compares one batch only."""

    def write(self, subject: Any, path: Path) -> dict[str, Any]:
        found = super().write(subject, path)
        return {"check": {**found["check"], "shapes": found["check"]["shapes"][:1]}}


class AFolder(Arrays):
    """Says that it writes a folder."""

    suffix = ""

    def write(self, subject: Any, path: Path) -> dict[str, Any]:
        found = super().write(subject, path.with_suffix(".npz"))
        path.with_suffix(".npz").rename(path)
        return found


class Trains(Arrays):
    def write(self, subject: Any, path: Path) -> dict[str, Any]:
        found = super().write(subject, path)
        subject.network.train()
        return found


class Quantises(Arrays):
    """Rounds the network itself."""

    def write(self, subject: Any, path: Path) -> dict[str, Any]:
        found = super().write(subject, path)
        for weight in subject.network.parameters():
            weight.data.copy_(weight.data.half())
        return found


def loader(changed: str) -> type[Format]:
    """The honest format with another loader."""
    return type("OtherLoader", (Arrays,), {"text": changed})


TENSORS = LOADER.replace("import numpy as np\n", "import numpy as np\nimport torch\n").replace(
    "return np.max", "return torch.from_numpy(1.0 * np.max"
).replace("+ last\n", "+ last)\n")  # fmt: skip
FAULTS: list[tuple[type[Format], str, str]] = [
    (Other, "test_loaded_it_answers_as_the_network", "loaded, it answers otherwise than"),
    (Rounds, "test_loaded_it_answers_as_the_network", "loaded, it answers otherwise than"),
    (Lenient, "test_what_is_written_was_compared", "its check allows 1.0e-01"),
    (Hasty, "test_what_is_written_was_compared", "compared on fewer inputs"),
    (AFolder, "test_it_is_a_file_or_a_folder_as_declared", "declares a folder, it wrote a file"),
    (Trains, "test_the_network_stays_as_it_was", "switches the training mode"),
    (Quantises, "test_the_network_stays_as_it_was", "writing it changes"),
    (
        loader(LOADER.replace("def load", "def read")),
        "test_the_loader_stands_alone", "has no function load",
    ),
    (
        loader(LOADER.replace("import numpy as np\n", "import numpy as np\nimport pandas\n")),
        "test_the_loader_stands_alone", "the loader imports pandas",
    ),
    (
        loader(LOADER.replace("import numpy as np\n", "import numpy as np\nimport monas_core\n")),
        "test_the_loader_stands_alone", "is shipped with models but imports monas_core",
    ),
    (loader(TENSORS), "test_loaded_it_answers_as_the_network", "must give arrays"),
    (
        loader(LOADER.replace("+ last\n", "+ last[:1]\n").replace("@ head.T", "@ head[:1].T")),
        "test_loaded_it_answers_as_the_network", "in place of",
    ),
]  # fmt: skip


def check(kind: type[Format], test: str, folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Run a contract over a format, whose loader is a module of its own."""
    folder.mkdir()
    patch.syspath_prepend(str(folder))
    name = f"planted_loader_{folder.name}"
    (folder / f"{name}.py").write_text(getattr(kind, "text", LOADER))
    patch.setattr(bundle, "owned", lambda module: module)  # as if a plugin were installed
    subject = type(kind.__name__, (kind,), {"loader": name})()
    contract = contracts.FormatContract()
    made = inspect.unwrap(vars(contracts.FormatContract)["shipped"].__wrapped__.__func__)
    known: dict[str, Any] = {"subject": subject, "stages": STAGES, "tmp_path": folder}
    wanted = inspect.signature(getattr(contract, test)).parameters
    if "shipped" in wanted:
        places = type("Places", (), {"mktemp": lambda _, name: folder})()
        known["shipped"] = made(contracts.FormatContract, subject, STAGES, places)
    getattr(contract, test)(**{name: known[name] for name in wanted})


@pytest.mark.parametrize(
    ("broken", "test", "told"), FAULTS, ids=[f"{f[0].__name__}-{n}" for n, f in enumerate(FAULTS)]
)
def test_faults_of_formats(
    broken: type[Format], test: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(Arrays, test, tmp_path / "honest", monkeypatch)
    with pytest.raises((AssertionError, MonasError), match=told):
        check(broken, test, tmp_path / "broken", monkeypatch)
