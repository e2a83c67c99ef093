"""The architecture step: hypernetwork weights from per-device gradients.

One forward and one backward pass serve all devices: every row of the batch
carries its own device, preference and sampled architecture, so the gradient at
a row's one-hot is its device's alone. The per-device gradients of the
hypernetwork then follow from one batched vector-Jacobian product.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import attrs
import torch
from torch import Tensor
from torch.func import functional_call, grad, vmap  # pyright: ignore[reportPrivateImportUsage]

from monas_core.learning.samplers import (
    SAMPLERS,
    Sample,
    entropy_gradient,
    masked_softmax,
    sample_one_hot,
)
from monas_core.learning.schedules import Schedule
from monas_core.values import population
from monas_core.values.choices import ChoiceSet
from monas_core.values.preference import sample_simplex
from monas_core.values.relaxation import Relaxation, option_mask
from monas_modnas.combine import combine, turns
from monas_modnas.hypernetwork import HyperNetwork
from monas_modnas.landscape import Landscape, Targets
from monas_modnas.options import Options
from monas_modnas.scalarisers import SCALARISERS

QualityLoss = Callable[[Relaxation], Tensor]
"""Normalised queried objectives ``(A, Q)`` of a relaxation, differentiable."""

_EXPLORING = 0.5
"""Share of the budget after which there is no entropy bonus; all of it gave worse answers on
devices known by their profile (tests/profile/test_zero_shot.py)."""
_RATE = Schedule(1.0, 0.1)
"""Share of the learning rate."""
_OUTSIDE = 5.0
"""Weight of what lies outside the limits: no wish gains as much by crossing one."""


@attrs.frozen(eq=False)
class Draw:
    """What one step samples: wishes ``(T, P, M)`` and rows ``(T, P, C, K)``."""

    wishes: Tensor
    sample: Sample


class Architect:
    """Draws wishes, samples architectures, and moves the hypernetwork."""

    def __init__(
        self,
        network: HyperNetwork,
        choices: ChoiceSet,
        n_objectives: int,
        landscape: Landscape,
        options: Options,
    ) -> None:
        self.network = network
        self.n_objectives = n_objectives
        self.choices = choices
        self.landscape = landscape
        self.options = options
        self.mask = option_mask(choices)
        self.sampler = SAMPLERS[options.sampler]()
        self.scalarise = SCALARISERS[options.scalariser]
        self._saved: Mapping[str, Any] | None = None

    @cached_property
    def weight_optimizer(self) -> torch.optim.Adam:
        """Adam, built when the first step asks: an answer needs none, and its import is slow."""
        rate = self.options.learning_rate
        adam = torch.optim.Adam(self.network.parameters(), lr=rate, betas=(0.9, 0.99))
        if self._saved is not None:
            adam.load_state_dict(dict(self._saved))
        return adam

    def state_dict(self) -> dict[str, Any]:
        """Hypernetwork and its weight optimizer."""
        built = "weight_optimizer" in self.__dict__ or self._saved is None
        return {
            "network": dict(self.network.state_dict()),
            "weight_optimizer": self.weight_optimizer.state_dict() if built else self._saved,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Inverse of ``state_dict``."""
        self.network.load_state_dict(state["network"])
        self.__dict__.pop("weight_optimizer", None)
        self._saved = state["weight_optimizer"]

    def step(
        self,
        targets: Targets,
        device_features: Tensor,
        progress: float,
        generator: torch.Generator,
        quality: QualityLoss | None = None,
    ) -> dict[str, float]:
        """One step for all T search devices.

        Args:
            targets: The search devices.
            device_features: Standardised embeddings, ``(T, E)``.
            progress: Share of the budget used; anneals entropy and learning rate.
            generator: Of wishes and samples.
            quality: Where quality comes from; by default the predictor.
        """
        per_device = 1 if quality is not None else self.options.preferences_per_step
        report: dict[str, float] = {}
        for turn in turns(self.options.combine, len(device_features), generator):
            chosen = torch.tensor(turn)
            features = device_features[chosen]
            draw = self.draw(features, per_device, progress, generator)
            losses, gradient = self.sampled_gradient(draw, targets.rows(chosen), quality)
            estimate = self.sampler.pull_back(draw.sample, gradient)
            logits = draw.sample.logits
            bonus = Schedule(self.options.entropy, 0.0, until=_EXPLORING).at(progress) / per_device
            estimate = estimate - bonus * entropy_gradient(logits, self.mask)
            per_device_gradients = self.pull_back(draw.wishes, features, estimate)
            self._move(combine(per_device_gradients, self.options.combine), progress)
            probabilities = masked_softmax(logits, self.mask)
            entropy = -(probabilities * probabilities.clamp_min(1e-30).log()).sum(-1).mean()
            report = {"scalarised": float(losses.mean()), "entropy": float(entropy)}
        return report

    def draw(
        self,
        device_features: Tensor,
        per_device: int,
        progress: float,
        generator: torch.Generator,
    ) -> Draw:
        """Fresh wishes for every device and one architecture for each."""
        shape = (len(device_features), per_device)
        wishes = sample_simplex(shape, self.n_objectives, self.options.concentration, generator)
        with torch.no_grad():
            logits = self.network(wishes, device_features)
        return Draw(wishes, self.sampler.draw(logits, self.mask, progress, generator))

    def typical_row(self, device_features: Tensor, generator: torch.Generator) -> Tensor:
        """Option indices ``(C,)`` the hypernetwork draws for a random wish and search device."""
        index = torch.randint(len(device_features), (1,), generator=generator)
        wishes = sample_simplex((1, 1), self.n_objectives, self.options.concentration, generator)
        with torch.no_grad():
            logits = self.network(wishes, device_features[index])
            rows = sample_one_hot(masked_softmax(logits, self.mask), generator)
        return population.canonical(self.choices, rows[0].argmax(-1))[0]

    def sampled_gradient(
        self, draw: Draw, targets: Targets, quality: QualityLoss | None
    ) -> tuple[Tensor, Tensor]:
        """Scalarised losses ``(T, P)`` and their gradient at the sampled rows.

        The gradient ``(T, P, C, K)`` reaches every option, selected or not, and
        is averaged over the wishes of a device.
        """
        count, per_device = draw.sample.rows.shape[:2]
        rows = draw.sample.rows.clone().requires_grad_()
        relaxation = Relaxation(self.choices, rows.flatten(0, 1))
        each = targets.rows(torch.arange(count).repeat_interleave(per_device))
        if quality is None:
            values = self.landscape.values(relaxation, each)
        else:
            costs = self.landscape.costs(relaxation.features(), each)
            values = self.landscape.assemble(quality(relaxation), costs)
        losses = self.scalarise(values, draw.wishes.flatten(0, 1), self.options.smoothing)
        if each.floor is not None and each.ceiling is not None:
            outside = (values - each.ceiling).relu() + (each.floor - values).relu()
            losses = losses + _OUTSIDE * outside.sum(-1)
        (gradient,) = torch.autograd.grad(losses.sum() / per_device, rows)
        return losses.detach().reshape(count, per_device), gradient

    def pull_back(self, wishes: Tensor, device_features: Tensor, at_logits: Tensor) -> Tensor:
        """Per-device gradients ``(T, N)`` of the hypernetwork from gradients at its logits."""
        parameters = {n: p.detach() for n, p in self.network.named_parameters()}

        def through(weights: dict[str, Tensor], w: Tensor, d: Tensor, g: Tensor) -> Tensor:
            logits = functional_call(self.network, weights, (w[None], d[None]))
            return (logits[0] * g).sum()

        found = vmap(grad(through), in_dims=(None, 0, 0, 0))(
            parameters, wishes, device_features, at_logits
        )
        return torch.cat([found[name].flatten(1) for name in parameters], dim=1)

    def _move(self, step: Tensor, progress: float) -> None:
        """One Adam step along a flat gradient ``(N,)``."""
        offset = 0
        for parameter in self.network.parameters():
            size = parameter.numel()
            parameter.grad = step[offset : offset + size].reshape(parameter.shape).clone()
            offset += size
        rate = self.options.learning_rate * _RATE.at(progress)
        for group in self.weight_optimizer.param_groups:
            group["lr"] = rate
        self.weight_optimizer.step()
