"""The space of the smaller forms of a network: ``module:FILE.py:FUNCTION``."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast

import torch
from torch import nn

from monas_core.errors import UsageError
from monas_core.own_task import explained
from monas_core.parts.space import SearchSpace, WarmUp, check_preset
from monas_core.parts.task import Task
from monas_core.seeding import seeded_construction
from monas_core.values.architecture import Architecture, Choice, Condition
from monas_core.values.choices import ChoiceSet
from monas_modules.analysis import Elastic, analysed
from monas_modules.example import Plain
from monas_modules.file import defined
from monas_modules.slices import importance, narrowed, places
from monas_modules.supernet import Form, ModuleSupernet

_SHARES = (0.25, 0.5, 0.75, 1.0)
_GRAIN = 8
_HEALING = WarmUp(steps=200, batch_size=32, learning_rate=3e-4, matrix_rate=1e-3)


class ModuleSpace(SearchSpace):
    """Narrower and shallower forms of a network, the channels that matter most kept.

    Args:
        preset: One of ``presets``.
        argument: File and function, ``FILE.py:FUNCTION``. The function takes no arguments and
            returns the network, with its weights, and example inputs.
        made: In place of a file.

    Raises:
        UsageError: No such function, or nothing of what it returns can be made smaller.
    """

    name: ClassVar[str] = "module"
    modalities: ClassVar[frozenset[str]] = frozenset(
        {"image-classification", "language-model", "translation"}
    )
    presets: ClassVar[tuple[str, ...]] = ("all", "depth", "width")

    def __init__(
        self,
        preset: str = "all",
        *,
        argument: str | None = None,
        made: Callable[[], tuple[nn.Module, Any]] | None = None,
    ) -> None:
        self.preset = check_preset(type(self), preset)
        if made is None:
            made, self.argument = defined(argument)
        with explained(self.argument or "the network"), seeded_construction(0):
            found: Any = made()
        if not (isinstance(found, tuple) and len(found) == 2 and isinstance(found[0], nn.Module)):
            raise UsageError(
                f"{self.argument} must return the network and example inputs, "
                f"(module, tensor), got a {type(found).__name__}."
            )
        self._network = cast("nn.Module", found[0]).eval()
        self.elastic: Elastic = analysed(self._network, found[1])
        self._blank = copy.deepcopy(self._network).to("meta")
        self.notes = _told(self.elastic)
        self.choices = self._choices()
        self.warm_up = _HEALING
        self._ranked = {
            name: importance(self._network, group).argsort(descending=True, stable=True).tolist()
            for name, group in self.elastic.groups.items()
        }

    @classmethod
    def tiny(cls) -> ModuleSpace:
        """A small residual network for pictures of digits."""
        return cls(made=lambda: (Plain(), torch.zeros(2, 1, 8, 8)))

    def _choices(self) -> ChoiceSet:
        choices: list[Choice] = []
        blocks = self.elastic.blocks if self.preset != "width" else ()
        choices += [Choice(f"keep_{name}", (False, True), ordered=True) for name in blocks]
        groups = self.elastic.groups if self.preset != "depth" else {}
        for name, group in groups.items():
            inside = [b for b in blocks if all(f"{x}.".startswith(f"{b}.") for x in group.layers)]
            condition = Condition(f"keep_{inside[0]}", (True,)) if inside else None
            choices.append(Choice(f"width_{name}", _widths(group.size), condition, ordered=True))
        if not choices:
            reasons = "; ".join(f"{k}: {v}" for k, v in self.elastic.fixed.items()) or "no layers"
            raise UsageError(
                f"Nothing of {self.argument or 'the network'} can be made smaller with preset "
                f'"{self.preset}" ({reasons[:400]}).'
            )
        return ChoiceSet("module", 1, choices)

    def form(self, architecture: Architecture) -> Form:
        """The smaller form that an architecture stands for, on ``meta``."""
        self.choices.to_indices(architecture)  # refuses an architecture of another space
        answers: Mapping[str, Any] = architecture.choices
        removed = [b for b in self.elastic.blocks if not answers.get(f"keep_{b}", True)]
        kept = {
            name: self._ranked[name][: answers.get(f"width_{name}", group.size)]
            for name, group in self.elastic.groups.items()
            if not self._gone(group.layers, removed)
        }
        groups = [self.elastic.groups[name] for name in kept]
        network = narrowed(self._blank, groups, kept, removed)
        whole = not removed and all(len(kept[g.name]) == g.size for g in groups)
        return Form(network, places(self._blank, groups, kept), whole)

    def _gone(self, layers: frozenset[str], removed: list[str]) -> bool:
        return any(all(f"{x}.".startswith(f"{block}.") for x in layers) for block in removed)

    def supernet(self, task: Task) -> ModuleSupernet:
        """The network with its weights, from which all forms take theirs."""
        return ModuleSupernet(self._network, self, task)

    def build(self, architecture: Architecture, task: Task) -> nn.Module:  # noqa: ARG002
        """A freshly initialised form; on ``meta`` one without weights.

        Weights that no ``reset_parameters`` draws are those of the network.
        """
        form = self.form(architecture)
        if torch.empty(0).is_meta:
            return form.network
        whole = ModuleSupernet(self._network, self, _Nobody)
        network = form.network.to_empty(device="cpu")
        with torch.no_grad():
            own = whole._parts(form)
            for name, tensor in (*network.named_parameters(), *network.named_buffers()):
                tensor.copy_(own[name])
        for layer in network.modules():
            reset = getattr(layer, "reset_parameters", None)
            if callable(reset):
                reset()
        return network


def _told(elastic: Elastic) -> tuple[str, ...]:
    """What could not be made elastic, with the reasons."""
    if not elastic.fixed:
        return ()
    told = ", ".join(f"{name} ({reason})" for name, reason in elastic.fixed.items())
    return (f"stays as it is: {told}",)


_Nobody: Any = None
"""No task: nothing is calibrated."""


def _widths(size: int) -> tuple[int, ...]:
    """Shares of a number of channels, multiples of eight where there are enough of them."""
    grain = _GRAIN if size % _GRAIN == 0 and size >= 2 * _GRAIN else 1
    counts = (grain * max(1, round(size * share / grain)) for share in _SHARES)
    return tuple(sorted(set(counts)))
