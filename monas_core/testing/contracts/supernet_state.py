"""A supernet between two answers: what it keeps, what it forgets, what it depends on."""

from __future__ import annotations

import copy
from typing import Any, ClassVar

import pytest
import torch
from torch.nn import functional as F
from torch.utils._pytree import tree_map

from monas_core.catalog.specs import Entry
from monas_core.parts.space import SearchSpace
from monas_core.testing.contracts import networks as nets
from monas_core.testing.contracts.base import Contract, loaded
from monas_core.testing.stages import Stage, Stages

DROPOUTS = ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout",
            "feature_alpha_dropout")  # fmt: skip


class SupernetStateContract(Contract):
    """A space that provides a supernet; override ``subject`` to return your class."""

    kind: ClassVar[str | None] = "space"
    heading: ClassVar[str] = "Spaces and supernets"
    provides: ClassVar[frozenset[str]] = frozenset({"supernet"})
    reads: ClassVar[str] = "monas_core.parts.supernet.Supernet, docs/decisions/0009-batch-norm.md"

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, entry: Entry) -> type[SearchSpace]:
        """The class under test."""
        return loaded(entry)

    @pytest.fixture
    def stage(self, subject: type[SearchSpace], stages: Stages) -> Stage:
        """``tiny()`` with a task and a supernet of its own for every test."""
        return nets.prepared(subject.tiny(), stages)

    def test_the_seed_decides_its_first_weights(self, stage: Stage) -> None:
        space, task = stage.context.space, stage.context.require_task()
        first, again = (nets.seeded(space, task, 3).state_dict() for _ in range(2))
        differ = [name for name in first if not torch.equal(first[name], again[name])]
        assert not differ, (
            f"two supernets made with one seed differ in {', '.join(differ[:3])}: a weight is "
            "drawn "
            "from something else than torch's global generator, so no run can be repeated"
        )

    def test_its_state_dict_is_all_it_learns(self, stage: Stage) -> None:
        supernet, space = nets.supernet_of(stage), stage.context.space
        nets.train_a_little(stage, supernet)
        state = {name: value.clone() for name, value in supernet.state_dict().items()}
        other = nets.seeded(space, stage.context.require_task(), 7)
        other.load_state_dict(state)
        other.eval()
        inputs = nets.inputs_of(stage, 4)
        with torch.no_grad():
            for architecture in stage.architectures(4):
                gap = nets.gap(other(inputs, architecture), supernet(inputs, architecture))
                assert gap == 0, (
                    f"trained, saved and loaded into a fresh supernet it answers otherwise (by "
                    f"{gap:.1e}) for {architecture.key}: something it learns or draws is neither "
                    f"parameter nor buffer{nets.suspects(supernet)}; use nn.Parameter or "
                    "register_buffer"
                )

    def test_no_plain_tensor_learns(self, stage: Stage) -> None:
        supernet = nets.supernet_of(stage)
        there = list(nets.plain_tensors(supernet))
        before = [(name, leaf, leaf.detach().clone()) for name, leaf in there]
        learning = {name for name, leaf, _ in before if leaf.requires_grad}
        nets.train_a_little(stage, supernet)
        after = dict(nets.plain_tensors(supernet))
        for name, leaf, old in before:
            now = after.get(name, leaf)
            if now.shape != old.shape or not torch.equal(now.detach(), old):
                learning.add(name)
        assert not learning, (
            f"{', '.join(sorted(learning))} learns but is a plain tensor attribute: .to() does not "
            "move it and no checkpoint holds it; make it an nn.Parameter or register_buffer"
        )

    def test_moves_as_a_whole(self, stage: Stage) -> None:
        moved = copy.deepcopy(nets.supernet_of(stage)).to("meta")
        plain = nets.plain_tensors(moved)
        left = [name for name, leaf in plain if leaf.device.type != "meta" and leaf.dim()]
        names = ", ".join(left) or "none; look for tensors made without device="
        inputs = tree_map(lambda x: x.to("meta"), nets.inputs_of(stage, 2))
        for architecture in stage.architectures(3):
            trouble = _refusal(moved, inputs, architecture)
            assert not ("cpu" in trouble and "meta" in trouble), (
                f"moved to another torch device it mixes devices: {trouble[:160]}; plain tensor "
                f"attributes stay behind: {names}"
            )

    def test_training_one_subnet_leaves_the_others_alone(self, stage: Stage) -> None:
        supernet, inputs = nets.supernet_of(stage), nets.inputs_of(stage, 8)
        smallest, largest, *others = stage.architectures(8)
        with torch.no_grad():
            before = [supernet(inputs, other) for other in others]
            supernet.train()
            for seed in range(4):
                batch = nets.inputs_of(stage, 8, seed)
                supernet(batch, largest)
                supernet(batch, smallest)
                if nets.takes_mixtures(stage):
                    supernet(batch, nets.one_hot(stage, [smallest, largest]))
            supernet.eval()
            gaps = [nets.gap(supernet(inputs, o), b) for o, b in zip(others, before, strict=True)]
        assert max(gaps, default=0.0) == 0, (
            "after training passes of two subnets, without one step, another answers otherwise "
            "(by "
            f"{max(gaps):.1e}): statistics are shared by all subnets. Normalise by the batch in "
            "training and calibrate a subnet when it is evaluated or extracted"
        )

    def test_answers_repeat(self, stage: Stage) -> None:
        supernet, inputs = nets.supernet_of(stage), nets.inputs_of(stage, 4)
        relaxation = nets.one_hot(stage, stage.architectures(2))
        asked: list[Any] = [*stage.architectures(3)]
        asked += [relaxation] if nets.takes_mixtures(stage) else []
        with torch.no_grad():
            for architecture in asked:
                torch.manual_seed(1)
                first, state = supernet(inputs, architecture), torch.get_rng_state()
                torch.manual_seed(2)
                assert nets.gap(supernet(inputs, architecture), first) == 0, (
                    "in eval mode the same question has two answers: something is drawn at random"
                )
                torch.manual_seed(1)
                assert torch.equal(state, torch.get_rng_state()), (
                    "an answer in eval mode draws from torch's global generator"
                )

    def test_a_sample_does_not_see_its_neighbours(self, stage: Stage) -> None:
        supernet, inputs = nets.supernet_of(stage), nets.inputs_of(stage, 4)
        with torch.no_grad():
            for architecture in stage.architectures(4):
                paths = {"sliced": lambda x, a=architecture: supernet(x, a)}
                paths["extracted"] = supernet.extract(architecture).eval()
                for name, path in paths.items():
                    whole = path(inputs)
                    for index in range(4):
                        part = slice(index, index + 1)
                        gap = nets.gap(path(nets.rows(inputs, part)), nets.rows(whole, part))
                        assert gap <= nets.TOLERANCE, (
                            f"{name}, in eval mode, a sample's output depends on the batch "
                            "around it "
                            f"(by {gap:.1e}) for {architecture.key}"
                        )

    def test_modes_and_flags_stay(self, stage: Stage) -> None:
        supernet, inputs = nets.supernet_of(stage), nets.inputs_of(stage, 4)
        for mode in (True, False):
            supernet.train(mode)
            before = _flags(supernet)
            with torch.no_grad():
                for architecture in stage.architectures(3):
                    supernet(inputs, architecture)
                    supernet.extract(architecture)
            assert _flags(supernet) == before, (
                "a forward pass or extract() switches training mode or requires_grad of the "
                "supernet"
            )

    def test_weights_are_read_anew(self, stage: Stage) -> None:
        supernet, inputs = nets.supernet_of(stage), nets.inputs_of(stage, 4)
        mixtures = nets.takes_mixtures(stage)
        for seed in (11, 12):
            for architecture in stage.architectures(4):
                with torch.no_grad():
                    sliced = supernet(inputs, architecture)
                    found = {"extracted": supernet.extract(architecture).eval()(inputs)}
                    if mixtures:
                        found["mixed"] = supernet(inputs, nets.one_hot(stage, [architecture]))
                for name, outputs in found.items():
                    gap = nets.gap(outputs, sliced)
                    assert gap <= nets.TOLERANCE, (
                        f"{name} and sliced differ by {gap:.1e} for {architecture.key} once the "
                        "weights have changed: something of the old ones is kept"
                    )
            smallest = stage.architectures(1)[0]
            with torch.no_grad():
                old = supernet(inputs, smallest)
                nets.disturb(supernet, seed)
                new = supernet(inputs, smallest)
            assert nets.gap(new, old) > 0, (
                f"new weights leave the answer of {smallest.key} as it was"
            )

    def test_inputs_and_choices_matter(self, stage: Stage) -> None:
        supernet, choices = nets.supernet_of(stage), stage.context.space.choices
        one, two = (nets.inputs_of(stage, 4, seed) for seed in (5, 6))
        members = stage.architectures(12)
        with torch.no_grad():
            for architecture in members[:4]:
                assert nets.gap(supernet(one, architecture), supernet(two, architecture)) > 0, (
                    f"{architecture.key} answers the same whatever its inputs"
                )
            mute = [
                choice.name
                for index, choice in enumerate(choices.choices)
                if len(choice.options) > 1 and not _matters(supernet, one, choices, members, index)
            ]
        assert not mute, f"answers to {', '.join(mute)} change nothing: the supernet ignores them"

    def test_training_runs_alike_on_both_paths(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if not nets.takes_mixtures(stage):
            pytest.skip("takes no mixtures, so there is one path only")
        supernet = nets.supernet_of(stage).train()
        members = stage.architectures(3)
        inputs = nets.inputs_of(stage, 4 * len(members))
        drops = record_dropout(monkeypatch)
        with torch.no_grad():
            mixed = supernet(inputs, nets.one_hot(stage, members))
            there = set(drops)
            drops.clear()
            alone = [
                supernet(nets.rows(inputs, slice(4 * i, 4 * i + 4)), architecture)
                for i, architecture in enumerate(members)
            ]
            here = set(drops)
            again = supernet(nets.rows(inputs, slice(0, 4)), members[0])
        assert there == here, (
            f"in training the mixed path drops with {sorted(there) or 'nothing'}, the sliced path "
            f"with {sorted(here) or 'nothing'}: an architecture is trained otherwise than searched"
        )
        if nets.gap(again, alone[0]) > 0:
            pytest.skip("randomness of its own kind in training")
        for index, outputs in enumerate(alone):
            gap = nets.gap(nets.rows(mixed, slice(4 * index, 4 * index + 4)), outputs)
            assert gap <= 10 * nets.TOLERANCE, (
                f"in training group {index} of a mixed batch answers otherwise than alone (by "
                f"{gap:.1e}): statistics are taken over groups of other architectures"
            )


def _refusal(network: Any, inputs: Any, architecture: Any) -> str:
    """What a forward pass raises, on one line; empty where it runs."""
    try:
        network(inputs, architecture)
    except (RuntimeError, NotImplementedError) as error:
        return " ".join(str(error).split())
    return ""


def _flags(network: Any) -> list[tuple[str, bool]]:
    modes = [(name, module.training) for name, module in network.named_modules()]
    return modes + [(name, weight.requires_grad) for name, weight in network.named_parameters()]


def _matters(supernet: Any, inputs: Any, choices: Any, members: list[Any], index: int) -> bool:
    """Whether some architecture answers otherwise when one choice is answered otherwise."""
    for architecture in members:
        row = choices.to_indices(architecture)
        if not choices.active(row)[index]:
            continue
        before = supernet(inputs, architecture)
        for option in range(choices.sizes[index]):
            changed = choices.from_indices([*row[:index], option, *row[index + 1 :]])
            if changed != architecture and nets.gap(supernet(inputs, changed), before) > 0:
                return True
    return False


def record_dropout(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Make every dropout do nothing but tell its rate, where it would have dropped."""
    told: list[float] = []

    def watch(value: Any, p: float = 0.5, training: bool = True, *_: Any, **__: Any) -> Any:
        if training and p > 0:
            told.append(float(p))
        return value

    for name in DROPOUTS:
        monkeypatch.setattr(F, name, watch)
    monkeypatch.setattr(torch, "dropout", watch)
    attend = F.scaled_dot_product_attention

    def attention(*arguments: Any, dropout_p: float = 0.0, **named: Any) -> Any:
        watch(None, dropout_p)
        return attend(*arguments, dropout_p=0.0, **named)

    monkeypatch.setattr(F, "scaled_dot_product_attention", attention)
    return told
