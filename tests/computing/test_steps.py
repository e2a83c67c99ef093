"""Steps of a training: pieces, precision, memory that does not suffice, what is kept of them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from monas_core.computing.compiling import Compiled
from monas_core.computing.engine import Engine
from monas_core.errors import Diverged, MonasError, UsageError
from monas_core.parts.task import Batch
from monas_core.state import copied
from monas_core.updater import Updater
from monas_core.values.recipe import Recipe
from monas_gpt.model import GPT, GPTConfig

SIZES = GPTConfig(
    embed_dim=16, heads=(2, 2), mlp_ratios=(2, 2), bias=True, vocabulary=13, block_size=8,
    head_size=8,
)  # fmt: skip
STEPS = 20


def network() -> GPT:
    torch.manual_seed(0)
    return GPT(SIZES)


def batches() -> list[Batch]:
    generator = torch.Generator().manual_seed(1)
    drawn = [torch.randint(13, (12, 9), generator=generator) for _ in range(STEPS)]
    return [Batch(tokens[:, :-1], tokens[:, 1:]) for tokens in drawn]


def losses(of: Callable[[Tensor], Tensor]) -> Callable[[Batch], Mapping[str, Tensor]]:
    def found(piece: Batch) -> Mapping[str, Tensor]:
        logits = of(piece.inputs)
        each = F.cross_entropy(logits.flatten(0, 1), piece.targets.flatten(), reduction="none")
        return {"loss": each.reshape(len(piece.targets), -1).mean(1).mean()}

    return found


def trained(
    recipe: Recipe, count: int = STEPS, engine: Engine | None = None
) -> tuple[Updater, list[float]]:
    """The updater after some steps of a schedule of 20, and the losses on the way."""
    learner = network()
    updater = Updater(learner, 5e-3, STEPS, engine=engine or Engine(recipe))
    told = [updater.learn(batch, losses(learner))["loss"] for batch in batches()[:count]]
    return updater, told


def distance(one: nn.Module, two: nn.Module, *besides: str) -> float:
    pairs = zip(one.state_dict().items(), two.state_dict().values(), strict=True)
    return max(float((a - b).abs().max()) for (n, a), b in pairs if not n.endswith(besides))


@pytest.mark.parametrize("updater", ["adamw", "sgd", "muon"])
def test_four_pieces_make_the_step_of_one_batch(updater: Any) -> None:
    whole, told = trained(Recipe(updater=updater))
    pieces, told_in_pieces = trained(Recipe(updater=updater, micro_batch=3))
    # Muon rounds its matrices to bf16: what differs by 1e-7 may be rounded to another side
    assert told_in_pieces == pytest.approx(told, abs=1e-3 if updater == "muon" else 1e-5)
    # the biases of keys change nothing: their gradient is rounding, and AdamW divides it by itself
    besides = {"adamw": ("qkv.bias",), "sgd": ()}.get(updater)
    if besides is not None:
        assert distance(whole.network, pieces.network, *besides) < 1e-5


def test_pieces_of_unequal_size_weigh_by_their_samples() -> None:
    whole, _ = trained(Recipe(updater="sgd"), 3)
    pieces, _ = trained(Recipe(updater="sgd", micro_batch=5), 3)  # 5, 5 and 2 of 12
    assert distance(whole.network, pieces.network) < 1e-6


class Small(GPT):
    """Has memory for so many samples at once."""

    most = 4

    def forward(self, tokens: Tensor) -> Tensor:
        if len(tokens) > self.most:
            raise torch.OutOfMemoryError("out of memory")
        return super().forward(tokens)


def test_where_memory_does_not_suffice_pieces_are_halved_and_it_is_said() -> None:
    heard: list[str] = []
    engine = Engine(Recipe(updater="sgd"), warn=heard.append)
    torch.manual_seed(0)
    learner = Small(SIZES)
    updater = Updater(learner, 5e-3, STEPS, engine=engine)
    found = [updater.learn(batch, losses(learner))["loss"] for batch in batches()]
    assert engine.micro_batch == 3
    assert ["for 12 samples" in heard[0], "for 6 samples" in heard[1], len(heard)] == [
        True,
        True,
        2,
    ]
    _, told = trained(Recipe(updater="sgd"))
    assert found == pytest.approx(told, abs=1e-5)
    resumed = Engine(Recipe())
    resumed.load_state_dict(engine.state_dict())
    assert resumed.micro_batch == 3


def test_a_sample_that_does_not_fit_is_one_sentence() -> None:
    learner = Small(SIZES)
    learner.most = 0
    updater = Updater(learner, 5e-3, STEPS, engine=Engine(Recipe(), warn=lambda _: None))
    with pytest.raises(MonasError, match="with a single sample; choose a smaller preset"):
        updater.learn(batches()[0], losses(learner))


def test_other_faults_are_not_taken_for_want_of_memory() -> None:
    learner = network()
    updater = Updater(learner, 5e-3, STEPS)
    with pytest.raises(ValueError, match="context must be at most 8"):
        updater.learn(
            Batch(torch.zeros(2, 9, dtype=torch.int64), torch.zeros(2, 9)), losses(learner)
        )


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_less_precision_learns_alike_and_weights_stay_whole(precision: Any) -> None:
    _, told = trained(Recipe())
    updater, rough = trained(Recipe(precision=precision))
    assert rough != told
    assert rough[-1] == pytest.approx(told[-1], rel=0.02)
    assert all(p.dtype == torch.float32 for p in updater.network.parameters())


def test_a_gradient_that_overflows_in_fp16_costs_its_step_and_halves_the_scale() -> None:
    learner = network()
    updater = Updater(learner, 5e-3, STEPS, engine=Engine(Recipe(precision="fp16")))
    before = copied(learner.state_dict())

    def huge(piece: Batch) -> Mapping[str, Tensor]:
        return {"loss": losses(learner)(piece)["loss"] * 1e38}

    updater.learn(batches()[0], huge)
    assert updater.done == 1
    assert all(torch.equal(before[n], v) for n, v in learner.state_dict().items())
    assert updater.state_dict()["scaler"]["scale"] == 2.0**15
    for batch in batches():
        if updater.state_dict()["scaler"]["scale"] <= 1:
            break
        updater.learn(batch, huge)
    batch = batches()[0]
    with pytest.raises(Diverged):
        updater.learn(batch, huge)


FULL = Recipe(
    precision="fp16", micro_batch=5, updater="adamw", weight_decay=0.1, clip=0.5, schedule="wsd",
    ramp=0.1, final=0.1, cooldown=0.3, ema=0.9, recompute=True,
)  # fmt: skip


@pytest.mark.parametrize("recipe", [Recipe(), FULL, Recipe(updater="sgd", ema=0.5, clip=0.0)])
def test_resumed_equals_uninterrupted(recipe: Recipe) -> None:
    whole, _ = trained(recipe)
    part, _ = trained(recipe, 9)
    again = Updater(copy.deepcopy(part.network), 5e-3, STEPS, engine=Engine(recipe))
    again.load_state_dict(copied(part.state_dict()))
    for batch in batches()[9:]:
        again.learn(batch, losses(again.network))
    assert distance(whole.network, again.network) == 0


def test_weights_end_as_their_average() -> None:
    decay = 0.5
    plain, _ = trained(Recipe(ema=decay), STEPS - 1)  # not yet settled
    seen: list[dict[str, Tensor]] = []
    learner = network()
    updater = Updater(learner, 5e-3, STEPS, engine=Engine(Recipe()))
    mean = copied(learner.state_dict())
    for number, batch in enumerate(batches(), start=1):
        updater.learn(batch, losses(learner))
        own = min(decay, (1 + number) / (10 + number))
        mean = {n: torch.lerp(mean[n], v, 1 - own) for n, v in learner.state_dict().items()}
        seen.append(copied(learner.state_dict()))
    assert all(torch.equal(seen[-2][n], v) for n, v in plain.network.state_dict().items())
    ended, _ = trained(Recipe(ema=decay))
    assert all(torch.allclose(mean[n], v) for n, v in ended.network.state_dict().items())


def test_biases_and_norms_do_not_decay() -> None:
    updater, _ = trained(Recipe(updater="adamw", weight_decay=0.1), 1)
    (rule,) = updater._optimizers
    decays = {p.ndim > 1: group["weight_decay"] for group in rule.param_groups
              for p in group["params"]}  # fmt: skip
    assert decays == {True: 0.1, False: 0.0}


def test_schedules() -> None:
    wsd = Recipe(schedule="wsd", ramp=0.1, cooldown=0.2, final=0.5)
    assert [round(wsd.share(n, 10), 3) for n in range(10)] == [1.0] * 9 + [0.75]
    constant = Recipe(schedule="constant", ramp=0.2)
    assert [constant.share(n, 10) for n in range(10)] == [0.5] + [1.0] * 9
    cosine = Recipe(ramp=0.0, final=0.0)
    assert cosine.share(0, 10) == 1.0
    assert cosine.share(10, 10) == 0.0


def kept_bytes(recompute: bool) -> int:
    """What a forward pass keeps for the backward pass."""
    learner, found = network().train(), [0]
    Engine(Recipe(recompute=recompute)).prepare(learner)

    def pack(tensor: Tensor) -> Tensor:
        found[0] += tensor.nbytes
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        losses(learner)(batches()[0])
    return found[0]


def test_layers_that_are_computed_again_keep_less_and_learn_the_same() -> None:
    assert kept_bytes(recompute=True) < 0.5 * kept_bytes(recompute=False)
    plain, _ = trained(Recipe(), 3)
    again, _ = trained(Recipe(recompute=True), 3)
    assert distance(plain.network, again.network) == 0


def test_images_lie_channels_last_where_that_is_asked_for() -> None:
    convolution = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 36, 2))
    plain, recipe = copy.deepcopy(convolution), Recipe(channels_last=True)
    seen: list[bool] = []

    def of(learner: nn.Module) -> Callable[[Batch], Mapping[str, Tensor]]:
        def found(piece: Batch) -> Mapping[str, Tensor]:
            seen.append(piece.inputs.is_contiguous(memory_format=torch.channels_last))
            return {"loss": F.cross_entropy(learner(piece.inputs), piece.targets)}

        return found

    batch = Batch(torch.randn(4, 3, 8, 8), torch.tensor([0, 1, 0, 1]))
    Updater(convolution, 1e-3, 5, engine=Engine(recipe)).learn(batch, of(convolution))
    Updater(plain, 1e-3, 5).learn(batch, of(plain))
    assert seen == [True, False]
    assert next(convolution.parameters()).is_contiguous(memory_format=torch.channels_last)
    assert distance(convolution, plain) < 1e-5


def test_a_network_that_cannot_be_compiled_runs_as_it_is_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_: Any) -> Any:
        raise RuntimeError("no working C++ compiler\nwas found")

    monkeypatch.setattr(torch, "compile", lambda _: broken)
    heard: list[str] = []
    learner = network()
    compiled, inputs = Compiled(learner, heard.append), batches()[0].inputs
    assert torch.equal(compiled(inputs), learner(inputs))
    assert torch.equal(compiled(inputs), learner(inputs))
    (said,) = heard
    assert said.endswith("run as they are (RuntimeError: no working C++ compiler was found)")


@pytest.mark.slow  # the first call of a compiler
@pytest.mark.filterwarnings("ignore:.torch.jit.script_method:DeprecationWarning")  # torch's own
def test_a_compiled_network_learns_the_same() -> None:
    plain, told = trained(Recipe(updater="sgd"), 3)
    learner, heard = network(), list[str]()
    compiled = Compiled(learner, heard.append)
    updater = Updater(learner, 5e-3, STEPS, engine=Engine(Recipe(updater="sgd")))
    found = [updater.learn(batch, losses(compiled))["loss"] for batch in batches()[:3]]
    assert not heard
    assert found == pytest.approx(told, abs=1e-5)
    assert distance(plain.network, learner) < 1e-5


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"precision": "fp8"}, 'training.precision "fp8" is not known; choose one of fp32, bf16'),
        ({"micro_batch": 0}, "training.micro_batch must be at least 1, got 0"),
        ({"ema": 1.0}, "training.ema and training.betas must be at least 0 and less than 1"),
        ({"ramp": 1.5}, "training.ramp must be at most 1, got 1.5"),
        ({"cooldown": 0.1}, "training.cooldown has no effect here: it is for training.schedule"),
        ({"updater": "sgd", "betas": (0.9, 0.9)}, "training.betas has no effect here"),
        ({"schedule": "constant", "final": 0.1}, "training.final has no effect here"),
    ],
)
def test_what_would_be_wrong_or_unread_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Recipe().changed(given)
