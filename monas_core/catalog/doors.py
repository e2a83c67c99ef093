"""What each kind of part must be and return, checked whenever it is used."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from monas_core.catalog.answer import Answer
from monas_core.catalog.cost_doors import COSTS, Door, state
from monas_core.catalog.expectations import (
    expect,
    expect_a,
    expect_architectures,
    expect_attributes,
    expect_samples,
    plain_numbers,
)
from monas_core.catalog.wording import shown
from monas_core.errors import PluginError
from monas_core.parts.device import HardwareEmbedding
from monas_core.parts.loss import Loss
from monas_core.parts.space import SearchSpace, WarmUp
from monas_core.parts.supernet import Supernet
from monas_core.parts.task import Batch, Score, Task
from monas_core.values.choices import ChoiceSet

_CHOICES = "_monas_choices"
_SHORTS = "_monas_shorts"


# -- spaces and tasks -------------------------------------------------------------------------


def _space(part: Any, who: str) -> None:
    expect_a(part, SearchSpace, who)
    wanted = {"choices": ChoiceSet, "warm_up": WarmUp, "preset": str, "name": str}
    expect_attributes(part, who, wanted)


def _network(answer: Answer) -> Any:
    expect(isinstance(answer.found, nn.Module), answer.who, answer.found, "a torch module")
    return answer.found


def _supernet(answer: Answer) -> Any:
    expect(isinstance(answer.found, Supernet), answer.who, answer.found, "a Supernet")
    return answer.found


def _references(answer: Answer) -> Any:
    expect(
        isinstance(answer.found, list | tuple) and bool(answer.found),
        answer.who,
        answer.found,
        "some architectures",
    )
    expect_architectures(answer.part.choices, answer.who, answer.found)
    return answer.found


def _rows(answer: Answer) -> Any:
    count = len(answer.arguments[0])
    good = len(getattr(answer.found, "shape", ())) > 0 and len(answer.found) == count
    expect(good, answer.who, answer.found, f"a tensor with one row for each of {count}")
    return answer.found


def _task(part: Any, who: str) -> None:
    expect_a(part, Task, who)
    expect_attributes(part, who, {"modality": str, "score": Score, "n_outputs": int})
    if part.score.direction not in ("min", "max"):
        raise PluginError(
            f'{who} has a score of direction {part.score.direction!r}; it must be "min" or "max".'
        )


def _other_loss(part: Any, who: str) -> None:
    expect_a(part, Loss, who)
    expect_attributes(part, who, {"name": str})


def _batch(answer: Answer) -> Any:
    expect(isinstance(answer.found, Batch), answer.who, answer.found, "a Batch")
    expect_samples(answer.who, (answer.found.inputs, answer.found.targets), answer.arguments[1])
    return answer.found


def _example(answer: Answer) -> Any:
    expect_samples(answer.who, answer.found, answer.arguments[0])
    return answer.found


def _loss(answer: Answer) -> Any:
    samples = len(tree_leaves(answer.arguments[1])[0])
    good = isinstance(answer.found, Tensor) and tuple(answer.found.shape) == (samples,)
    shape = tuple(answer.found.shape) if isinstance(answer.found, Tensor) else answer.found
    expect(good, answer.who, shape, f"one loss for each sample, shape ({samples},)")
    return answer.found


def _scores(answer: Answer) -> Any:
    good = isinstance(answer.found, Mapping) and answer.part.score.name in answer.found
    expect(
        good,
        answer.who,
        answer.found,
        f'a mapping with the declared score "{answer.part.score.name}"',
    )
    return plain_numbers(answer.who, answer.found)


# -- optimizers and embeddings ----------------------------------------------------------------


def _optimizer(part: Any, who: str) -> None:
    for name in ("start", "step", "propose", "state_dict", "load_state_dict"):
        if not callable(getattr(part, name, None)):
            raise PluginError(
                f"{who} is made as {shown(part)}, which has no method {name}(); its factory "
                "must return an Optimizer."
            )


def _started(answer: Answer) -> Any:
    problem = answer.arguments[0]
    object.__setattr__(answer.part, _CHOICES, problem.choices)
    object.__setattr__(answer.part, _SHORTS, [objective.short for objective in problem.objectives])
    return answer.found


def _report(answer: Answer) -> Any:
    good = isinstance(getattr(answer.found, "phase", None), str)
    good = good and isinstance(getattr(answer.found, "losses", None), Mapping)
    expect(good, answer.who, answer.found, "a StepReport")
    plain_numbers(answer.who, answer.found.losses)
    return answer.found


def _proposals(answer: Answer) -> Any:
    count = len(answer.arguments[1])
    good = isinstance(answer.found, list | tuple) and len(answer.found) == count
    shown = (
        f"{len(answer.found)} architectures"
        if isinstance(answer.found, list | tuple)
        else answer.found
    )
    if not good:
        raise PluginError(
            f"{answer.who} returned {shown} for {count} wishes; there must be one for each."
        )
    expect_architectures(getattr(answer.part, _CHOICES, None), answer.who, answer.found)
    return list(answer.found)


def _portfolio(answer: Answer) -> Any:
    expect(
        isinstance(answer.found, list | tuple), answer.who, answer.found, "a list of architectures"
    )
    expect_architectures(getattr(answer.part, _CHOICES, None), answer.who, answer.found)
    return answer.found


def _predictions(answer: Answer) -> Any:
    count, shorts = len(answer.arguments[1]), getattr(answer.part, _SHORTS, None)
    good = isinstance(answer.found, list | tuple) and len(answer.found) == count
    expect(good, answer.who, answer.found, f"one mapping for each of {count} architectures")
    plain = []
    for architecture, prediction in zip(answer.arguments[1], answer.found, strict=True):
        expect(isinstance(prediction, Mapping), answer.who, prediction, "values by objective")
        numbers = plain_numbers(answer.who, prediction)
        for name, value in numbers.items():
            if shorts is not None and name not in shorts:
                raise PluginError(
                    f'{answer.who} predicts "{name}", which is no objective of this run '
                    f"({', '.join(shorts)})."
                )
            if not math.isfinite(value):
                raise PluginError(
                    f"{answer.who} predicts {name} = {value} for architecture {architecture.key}; "
                    "leave out what it cannot predict."
                )
        plain.append(numbers)
    return plain


def _embedding(part: Any, who: str) -> None:
    expect_a(part, HardwareEmbedding, who)


def _vector(answer: Answer) -> Any:
    asked = answer.arguments[0]
    device = f"{answer.who} of device {shown(getattr(asked, 'name', asked))},"
    good = (
        isinstance(answer.found, Tensor)
        and answer.found.dim() == 1
        and answer.found.is_floating_point()
    )
    expect(good, device, getattr(answer.found, "shape", answer.found), "a vector of floats")
    if not bool(answer.found.isfinite().all()):
        raise PluginError(f"{device} is not finite; a device cost of 0 has no logarithm, say.")
    return answer.found


DOORS: Mapping[str, Door] = {
        **COSTS,
        "space": (
            {"supernet": _supernet, "build": _network, "references": _references,
             "available": _rows, "describe": _rows}, _space),
        "task": ({"batch": _batch, "loss": _loss, "evaluate": _scores, "example": _example}, _task),
        "loss": ({"per_sample": _loss, "judged": _loss, "state_dict": state}, _other_loss),
        "embedding": ({"embed": _vector}, _embedding),
        "optimizer": (
            {"start": _started, "step": _report, "propose": _proposals, "portfolio": _portfolio,
             "predict": _predictions, "state_dict": state}, _optimizer),
}  # fmt: skip
"""By kind of part."""
