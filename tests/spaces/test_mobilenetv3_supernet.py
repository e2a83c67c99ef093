"""The MobileNetV3 supernet: sliced, masked and extracted networks are the same network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import attrs
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from monas_core.errors import UsageError
from monas_core.parts.task import Batch, Model, Part, Score, Task
from monas_core.values import population
from monas_core.values.relaxation import Relaxation, option_mask
from monas_mobilenetv3.kernels import KernelTransform
from monas_mobilenetv3.model import resized
from monas_mobilenetv3.norms import GroupNorms
from monas_mobilenetv3.sizes import MINIATURE
from monas_mobilenetv3.sliced import convolved, elastic_blocks, leading, narrowed, trailing, widened
from monas_mobilenetv3.space import MobileNetV3Space
from monas_mobilenetv3.supernet import MobileNetV3Supernet


class RandomImages(Task):
    """An image task without images: noise."""

    name = "random-images"
    modality: ClassVar[str] = "image-classification"
    score = Score("accuracy", "%", "max")
    n_outputs = 7

    def __init__(self, size: int = 12) -> None:
        self.size = size

    def describe(self) -> Mapping[str, Any]:
        return {}

    def batch(self, part: Part, size: int, generator: Any) -> Batch:
        targets = torch.randint(self.n_outputs, (size,), generator=generator)
        return Batch(torch.randn(size, 2, self.size, self.size, generator=generator), targets)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(outputs, targets, reduction="none")

    def evaluate(self, model: Model, part: Part) -> Mapping[str, float]:
        return {"accuracy": 0.0}

    def example(self, batch: int) -> Tensor:
        return torch.zeros(batch, 2, self.size, self.size)


SIZES = attrs.evolve(MINIATURE, kernels=(3, 5, 7))
"""Two maps from kernel to kernel instead of one."""


@pytest.fixture
def space() -> MobileNetV3Space:
    return MobileNetV3Space(sizes=SIZES)


@pytest.fixture
def supernet(space: MobileNetV3Space) -> MobileNetV3Supernet:
    """In double precision, with generic weights: fresh ones would hide a wrong kernel or bias."""
    network = space.supernet(RandomImages()).double().eval()
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(0.2 * torch.randn_like(weight))
    return network


@pytest.fixture
def images(generator: torch.Generator) -> Tensor:
    return torch.randn(6, 2, 12, 12, generator=generator, dtype=torch.float64)


def sampled(space, count, generator):
    rows = population.sample(space.choices, count, generator)
    return torch.cat([population.corners(space.choices), rows])


def one_hot(space, rows):
    return Relaxation(
        space.choices, Relaxation.from_population(space.choices, rows).weights.double()
    )


def test_sliced_masked_and_extracted_agree(space, supernet, images, generator):
    rows = sampled(space, 20, generator)
    with torch.no_grad():
        for row, architecture in zip(rows, population.decode(space.choices, rows), strict=True):
            sliced = supernet(images, architecture)
            extracted = supernet.extract(architecture)(images)
            masked = supernet(images, one_hot(space, row[None]))
            torch.testing.assert_close(extracted, sliced, atol=1e-9, rtol=1e-9)
            torch.testing.assert_close(masked, sliced, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("training", [False, True])
def test_neighbouring_samples_share_an_architecture(training, space, supernet, images, generator):
    """In training, too: each group is normalised by itself."""
    supernet.train(training)
    rows = population.sample(space.choices, 3, generator)
    with torch.no_grad():
        masked = supernet(images, one_hot(space, rows))
        for group, architecture in enumerate(population.decode(space.choices, rows)):
            part = slice(2 * group, 2 * group + 2)
            sliced = supernet(images[part], architecture)
            torch.testing.assert_close(masked[part], sliced, atol=1e-9, rtol=1e-9)


def test_an_image_does_not_depend_on_the_others_in_evaluation(space, supernet, images, generator):
    (architecture,) = population.decode(
        space.choices, population.sample(space.choices, 1, generator)
    )
    with torch.no_grad():
        alone = torch.cat([supernet(image[None], architecture) for image in images])
        torch.testing.assert_close(supernet(images, architecture), alone, atol=1e-9, rtol=1e-9)


def test_statistics_are_those_of_the_subnet_itself(space, supernet, generator):
    """The extracted network maps the calibration images to norms of mean 0 and variance 1."""
    (architecture,) = population.decode(
        space.choices, population.sample(space.choices, 1, generator)
    )
    network = supernet.extract(architecture)
    images = supernet._calibration.inputs(network.classifier.weight)
    seen = []
    hooks = [
        layer.register_forward_hook(lambda layer, _, out: seen.append((layer, out)))
        for layer in network.modules()
        if isinstance(layer, torch.nn.BatchNorm2d)
    ]
    with torch.no_grad():
        network(images)
    assert len(seen) == len(hooks)
    for layer, out in seen:
        plain = (out - layer.bias[:, None, None]) / layer.weight[:, None, None]
        variance, mean = torch.var_mean(plain, (0, 2, 3), correction=0)
        torch.testing.assert_close(mean, torch.zeros_like(mean), atol=1e-9, rtol=0)
        assert (variance <= 1 + 1e-9).all()
        assert variance.median() > 0.99  # short of 1 by the norm's epsilon


def test_statistics_follow_the_weights(space, supernet, images):
    largest = population.decode(space.choices, population.corners(space.choices))[1]
    with torch.no_grad():
        before = supernet(images, largest)
        supernet.network.stem.conv.weight.mul_(3.0)  # undone by the norm that follows
        torch.testing.assert_close(supernet(images, largest), before, atol=1e-3, rtol=1e-3)
        supernet.network.first.depthwise.conv.weight[0].neg_()
        assert not torch.allclose(supernet(images, largest), before, atol=1e-2)


def test_statistics_survive_inference_mode(space, supernet, images):
    largest = population.decode(space.choices, population.corners(space.choices))[1]
    with torch.inference_mode():
        supernet(images, largest)
    supernet(images, largest).sum().backward()
    assert supernet.network.stem.conv.weight.grad.abs().sum() > 0


def test_smaller_kernels_are_maps_of_the_centre_of_larger_ones(generator):
    transform = KernelTransform((3, 5, 7))
    weight = torch.randn(4, 1, 7, 7, generator=generator)
    assert transform(weight, 7) is weight
    assert torch.equal(transform(weight, 5), weight[:, :, 1:6, 1:6])  # at first plain crops
    assert torch.equal(transform(weight, 3), weight[:, :, 2:5, 2:5])
    with torch.no_grad():
        for matrix in transform.parameters():
            matrix.copy_(torch.randn(matrix.shape, generator=generator))
    to_5, to_3 = transform.matrices
    five = (weight[:, 0, 1:6, 1:6].reshape(4, 25) @ to_5.T).reshape(4, 1, 5, 5)
    three = (five[:, 0, 1:4, 1:4].reshape(4, 9) @ to_3.T).reshape(4, 1, 3, 3)
    torch.testing.assert_close(transform(weight, 5), five)
    torch.testing.assert_close(transform(weight, 3), three)


def test_a_sliced_step_trains_only_the_corner(space, supernet, images):
    smallest = population.decode(space.choices, population.corners(space.choices))[0]
    supernet.train()
    supernet(images, smallest).square().sum().backward()
    block = supernet.network.stages[1][0]
    middle = supernet.network.stages[1][0].config.inputs  # times the smallest expansion, 1
    assert block.expand.conv.weight.grad[:middle].abs().sum() > 0
    assert block.expand.conv.weight.grad[middle:].abs().max() == 0
    assert block.depthwise.conv.weight.grad[:middle, :, 2:5, 2:5].abs().sum() > 0
    assert supernet.transforms[1][0].matrices[1].grad.abs().sum() > 0
    assert supernet.network.stages[1][1].expand.conv.weight.grad is None


def mixture(space, supernet, images, row):
    """One group's mixture at every resolution, as sums over separately sliced options."""
    weights = {
        choice.name: dict(zip(choice.options, row[index], strict=False))
        for index, choice in enumerate(space.choices.choices)
    }
    total = 0.0
    for resolution, share in weights["resolution"].items():
        norm = GroupNorms()
        x = leading(supernet.network, resized(images, resolution), norm)
        for s, b, name, block, transform in elastic_blocks(supernet.network, supernet.transforms):
            hidden = widened(name, block, x, block.config.middle, norm)
            inside = sum(
                weight
                * convolved(
                    name, block, hidden, transform(block.depthwise.conv.weight, kernel), norm
                )
                for kernel, weight in weights[f"kernel_{s}_{b}"].items()
            )
            out = sum(
                weight * narrowed(name, block, inside[:, : expansion * block.config.inputs], norm)
                for expansion, weight in weights[f"expand_{s}_{b}"].items()
            )
            exists = sum(w for depth, w in weights[f"depth_{s}"].items() if depth > b)
            x = x + exists * out if block.config.residual else exists * out
        total = total + share * trailing(supernet.network, x, norm)
    return total


def relaxed_rows(space, count):
    """Random mixtures, (count, C, K), that want gradients."""
    shape = (count, len(space.choices), space.choices.max_options)
    logits = torch.randn(shape, dtype=torch.float64)
    return Relaxation.from_logits(space.choices, logits).weights.requires_grad_()


def test_values_and_gradients_are_those_of_the_exact_mixture(space, supernet, images):
    supernet.train()
    weights = relaxed_rows(space, 2)
    direction = torch.randn(6, 7, dtype=torch.float64)
    wanted = [weights, *supernet.parameters()]

    masked = supernet(images, Relaxation(space.choices, weights))
    found = torch.autograd.grad((masked * direction).sum(), wanted)
    groups = zip(images.chunk(2), weights, strict=True)
    naive = torch.cat([mixture(space, supernet, group, row) for group, row in groups])
    expected = torch.autograd.grad((naive * direction).sum(), wanted)

    torch.testing.assert_close(masked, naive, atol=1e-9, rtol=1e-9)
    for mine, reference in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, reference, atol=1e-7, rtol=1e-7)


def test_gradients_match_finite_differences(space, supernet, images):
    supernet.train()
    weights = relaxed_rows(space, 1)
    direction = torch.randn(2, 7, dtype=torch.float64)

    def value(rows):
        return (supernet(images[:2], Relaxation(space.choices, rows)) * direction).sum()

    (gradient,) = torch.autograd.grad(value(weights), weights)
    step = 1e-6 * torch.randn_like(weights) * (weights > 0)
    with torch.no_grad():
        difference = value(weights + step) - value(weights - step)
    assert float(difference) == pytest.approx(2 * float((gradient * step).sum()), rel=1e-4)


@pytest.mark.parametrize("training", [False, True])
def test_every_option_of_every_active_choice_gets_a_gradient(
    training, space, supernet, images, generator
):
    supernet.train(training)
    rows = sampled(space, 1, generator)
    weights = one_hot(space, rows).weights.requires_grad_()
    out = supernet(images, Relaxation(space.choices, weights))
    loss = F.cross_entropy(out, torch.arange(6))
    (gradient,) = torch.autograd.grad(loss, weights)
    active = population.activity(space.choices, rows)[..., None] & option_mask(space.choices)
    assert (gradient[active] != 0).all()
    assert (gradient[~active] == 0).all()


def test_the_norm_after_a_kernel_leaves_its_choice_a_gradient(space, supernet, images):
    """A factor in front of a norm has none: the norm divides it out (method: about 1e-6)."""
    supernet.train()
    rows = population.corners(space.choices)[1:]
    weights = one_hot(space, rows).weights.requires_grad_()
    loss = F.cross_entropy(supernet(images, Relaxation(space.choices, weights)), torch.arange(6))
    (gradient,) = torch.autograd.grad(loss, weights)
    kernels = gradient[0, space.choices.position["kernel_0_0"], :3]
    assert (kernels - kernels.mean()).abs().min() > 1e-4


def test_unused_resolutions_leave_no_record(space, supernet, images):
    """Their logits count in the gradient of the choice, their weights' own derivatives are 0."""
    rows = population.corners(space.choices)[:1]
    weights = one_hot(space, rows).weights.requires_grad_()
    out = supernet(images, Relaxation(space.choices, weights))
    (gradient,) = torch.autograd.grad(out.sum(), weights)
    place = space.choices.position["resolution"]
    for option, resolution in enumerate(space.sizes.resolutions):
        answers = dict(space.choices.from_indices(rows[0].tolist()).choices)
        other = space.choices.architecture(answers | {"resolution": resolution})
        expected = supernet(images, other).sum()
        torch.testing.assert_close(gradient[0, place, option], expected)


def test_bad_rows_are_refused(space, supernet, images, generator):
    rows = population.sample(space.choices, 4, generator)
    with pytest.raises(ValueError, match="4 architectures for 6 samples"):
        supernet(images, one_hot(space, rows))
    stranger = MobileNetV3Space("ofa").choices
    foreign = stranger.from_indices([0] * len(stranger))
    with pytest.raises(UsageError, match="no option 128"):
        supernet(images, foreign)
    with pytest.raises(ValueError, match="other choices"):
        supernet(images, Relaxation.from_architectures(stranger, [foreign]))


def test_state_has_weights_alone(supernet):
    assert set(supernet.state_dict()) == {name for name, _ in supernet.named_parameters()}


def test_published_size_builds_and_runs_on_meta():
    space, task = MobileNetV3Space("ofa"), RandomImages(224)
    with torch.device("meta"):
        supernet = space.supernet(task)
    smallest, largest = population.decode(space.choices, population.corners(space.choices))
    for architecture in (smallest, largest):
        assert supernet(task.example(2).to("meta"), architecture).shape == (2, 7)
    used = sum(weight.numel() for weight in supernet.extract(largest).parameters())
    shared = sum(weight.numel() for weight in supernet.network.parameters())
    maps = sum(weight.numel() for weight in supernet.transforms.parameters())
    assert (used, maps) == (shared, 20 * (25**2 + 9**2))
