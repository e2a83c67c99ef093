"""Networks that are there already, as teachers: from a run, a file or a library."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import attrs
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from monas_core.computing.programs import load_program
from monas_core.errors import MonasError, UsageError
from monas_core.extras import require_packages
from monas_core.files import parse_json
from monas_core.parts.space import SearchSpace
from monas_core.parts.task import Task
from monas_core.record import checkpoints
from monas_core.record.rundir import RunFolder
from monas_core.seeding import seeded_construction
from monas_core.train.folder import TrainedFolder
from monas_core.train.keys import find_architecture
from monas_core.values.architecture import Architecture

TRAINED = ("largest", "self")
"""Sources for which the run trains a network itself."""
LIBRARIES: Mapping[str, Mapping[str, str]] = {
    "timm": {"timm": "monas[teachers]"},
    "torchvision": {"torchvision": "monas[teachers]"},
}
"""Libraries of networks, with what they need."""
_COUNTER = "num_batches_tracked"
FACTS = "task.json"
"""What a program that was exported here holds beside its weights."""
WAYS = (
    "largest, self, RUN#KEY, a .pt2 program, a .safetensors file or exported folder, "
    "timm:NAME=FILE or torchvision:NAME=FILE"
)


@attrs.frozen(eq=False)
class Found:
    """A network that was loaded.

    Attributes:
        network: With its weights.
        architecture: Where it is of the run's own space.
        program: The file it was read from, where it is a program without another form.
        library: ``timm:NAME`` and the like, where its code is another library's.
    """

    network: nn.Module
    architecture: Architecture | None = None
    program: Path | None = None
    library: str = ""


def find(source: str, space: SearchSpace, task: Task) -> Found:
    """The network that a source names.

    Raises:
        UsageError: There is no such network, or it does not fit the space or the task.
    """
    library, colon, rest = source.partition(":")
    if colon and library in LIBRARIES:
        name, sign, file = rest.partition("=")
        if not sign or not name or not file:
            raise UsageError(
                f'Teacher "{source}" lacks its weights, and none are fetched; write '
                f"{library}:NAME=FILE.safetensors."
            )
        return of_library(f"{library}:{name}", _weights(Path(file)), task)
    if "#" in source:
        run, _, key = source.rpartition("#")
        return _of_run(Path(run), key, space, task)
    path = Path(source)
    if path.suffix == ".pt2" or path.suffix == ".safetensors" or path.is_dir():
        return of_file(path, space, task)
    raise UsageError(f'Teacher "{source}" is not understood; give {WAYS}.')


def of_file(path: Path, space: SearchSpace, task: Task) -> Found:
    """A program, or weights of a network of the space. Raises as ``find``."""
    if not path.exists():
        raise UsageError(f"Teacher {path} does not exist; give {WAYS}.")
    if path.suffix == ".pt2":
        network, about = _program(path)
        return Found(network, _told(about, "network", space), path)
    folder = path if path.is_dir() else path.parent
    weights = _weights(path / "model.safetensors" if path.is_dir() else path)
    try:
        about = (folder / "config.json").read_text(encoding="utf-8")
    except (OSError, ValueError):
        about = ""
    architecture = _told(about, "", space) or space.ends().largest
    return Found(of_weights(weights, architecture, space, task, str(path)), architecture)


def of_weights(
    weights: Mapping[str, Tensor],
    architecture: Architecture,
    space: SearchSpace,
    task: Task,
    where: str,
) -> nn.Module:
    """A network of the space with these weights. Raises UsageError where they are of another."""
    with seeded_construction(0):
        network = space.build(architecture, task)
    try:
        lost = network.load_state_dict(dict(weights), strict=False)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:160]
        raise UsageError(_other_network(where, space, architecture, reason)) from error
    missing = [name for name in lost.missing_keys if not name.endswith(_COUNTER)]
    for names, verb in ((missing, "lacks"), (lost.unexpected_keys, "also holds")):
        if names:
            reason = f"it {verb} {names[0]}"
            raise UsageError(_other_network(where, space, architecture, reason))
    return network


def _other_network(where: str, space: SearchSpace, architecture: Architecture, reason: str) -> str:
    return (
        f"Teacher {where} does not hold the weights of network {architecture.key} of space "
        f'"{space.name}" ({space.preset}): {reason}; give the folder that monas export wrote, '
        "whose config.json names the architecture, or another teacher."
    )


def of_library(name: str, weights: Mapping[str, Tensor], task: Task) -> Found:
    """A network of timm or torchvision, ``timm:NAME``, with these weights.

    It has as many outputs as the weights: only its features are asked for. One that takes colours
    is shown a grey picture three times.

    Raises:
        UsageError: There is no such network, the weights are of another, or the library does not
            work with the torch that is installed.
    """
    library, _, wanted = name.partition(":")
    require_packages(f'teacher "{name}"', LIBRARIES[library])
    try:
        with seeded_construction(0):
            network = library_network(library, wanted, weights)
        network.load_state_dict(dict(weights))
    except Exception as error:
        reason = " ".join(str(error).split())[:160]
        raise UsageError(
            f'Teacher "{name}" cannot be made with these weights: {type(error).__name__}: {reason}.'
        ) from error
    if task.example(1).shape[1] == 1:
        network.register_forward_pre_hook(_in_colour)
    return Found(network, library=name)


def library_network(library: str, wanted: str, weights: Mapping[str, Tensor]) -> nn.Module:
    """A fresh network of a library with outputs for these weights. Raises as the library does."""
    make: Callable[..., nn.Module]
    try:
        if library == "timm":
            from timm import create_model as make  # pyright: ignore[reportMissingImports]
        else:
            from torchvision.models import get_model as make  # pyright: ignore
    except (ImportError, RuntimeError, OSError) as error:
        raise UsageError(
            f"{library} cannot be imported ({type(error).__name__}: {error}); install the "
            f"torchvision that belongs to torch {torch.__version__}, from the same index"
        ) from error
    network = make(wanted)
    last = [key for key, weight in network.state_dict().items() if weight.dim() > 1][-1]
    return make(wanted, num_classes=len(weights[last])) if last in weights else network


def _in_colour(network: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor, ...] | None:
    """Inputs ``(B, 1, H, W)`` as ``(B, 3, H, W)``, unless the network takes the former."""
    first = next((p for p in network.parameters() if p.dim() == 4), None)  # (out, in, k, k)
    images = given[0]
    if first is None or first.shape[1] != 3 or images.dim() != 4 or images.shape[1] != 1:
        return None
    return (images.expand(-1, 3, -1, -1), *given[1:])


def _of_run(run: Path, key: str, space: SearchSpace, task: Task) -> Found:
    """A network of another run, with weights of its own where it was trained alone."""
    folder = RunFolder.open(run)
    theirs = folder.config
    if (theirs.space, theirs.preset) != (space.name, space.preset):
        raise UsageError(
            f'Teacher {run}#{key} is of space "{theirs.space}" ({theirs.preset}), and this run '
            f'is of "{space.name}" ({space.preset}); give one of a run on the same space.'
        )
    architecture = find_architecture(folder, space.choices, key)
    where = f"{run}#{key}"
    trained = TrainedFolder.of(run, architecture)
    if trained.finished:
        weights = _weights(trained.weights())
        return Found(of_weights(weights, architecture, space, task, where), architecture)
    saved = checkpoints.newest(run, folder.whose)
    content = saved.content.get("session", {}).get("supernet") if saved else None
    if content is None:
        raise UsageError(
            f"Run {run} has no weights for {key}: it trained no supernet, and this network was not "
            f"trained alone; train it with: monas train {run} --architecture {key} --from-scratch"
        )
    with seeded_construction(0):
        supernet = space.supernet(task)
    try:
        supernet.load_state_dict(content)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:160]
        raise UsageError(f"The supernet of run {run} does not fit this one: {reason}.") from error
    return Found(supernet.eval().extract(architecture), architecture)


def _program(path: Path) -> tuple[nn.Module, str]:
    """A program of ``torch.export`` whose modules have their names again, and what it tells."""
    about = {FACTS: ""}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            network = torch.export.unflatten(load_program(path, about))
    except Exception as error:
        reason = " ".join(str(error).split())[:160]
        raise UsageError(f"Teacher {path} is no program of torch.export: {reason}.") from error
    return network, str(about[FACTS])


def _weights(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except Exception as error:
        reason = " ".join(str(error).split())[:160]
        raise UsageError(f"Teacher {path} is no file of safetensors: {reason}.") from error


def _told(about: str, group: str, space: SearchSpace) -> Architecture | None:
    """The architecture that an exported network tells of; ``None`` where it tells of none."""
    try:
        document = parse_json(about)
        found = document[group] if group else document
        return space.choices.from_json(found["architecture"])
    except (ValueError, KeyError, TypeError, MonasError):
        return None
