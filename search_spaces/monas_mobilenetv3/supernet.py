"""The weight-entangled supernet: one largest network, of which all others are parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from monas_core.parts.blockwise import Blockwise
from monas_core.parts.calibration import Calibration
from monas_core.parts.supernet import RelaxedSupernet
from monas_core.parts.task import Task
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_core.values.relaxation import Relaxation
from monas_mobilenetv3.configure import channels_of, configure, largest
from monas_mobilenetv3.kernels import KernelTransform
from monas_mobilenetv3.mixed import mixed_logits, over_resolutions
from monas_mobilenetv3.model import MobileNetV3, NetworkConfig
from monas_mobilenetv3.norms import GroupNorms, KnownNorms, Norm, Statistics, noted, stacked
from monas_mobilenetv3.sizes import Sizes
from monas_mobilenetv3.sliced import elastic_blocks, sliced_logits, sliced_stage, trailing


class MobileNetV3Supernet(RelaxedSupernet, Blockwise):
    """Weights of every MobileNetV3 of a space.

    Batch norms take the statistics of the batch in training, of each architecture's samples
    on their own. In evaluation they take those that fixed training images have in the same
    architecture, whichever way it is run; ``extract`` writes them down as running statistics.

    Args:
        choices: The choices of the space.
        sizes: Its option lists.
        task: Decides channels and classes, and provides the images for statistics.
    """

    tags: Mapping[str, str] = {
        "network.mix": "head",
        "network.classifier": "head",
        "transforms": "kernels",
    }

    def __init__(self, choices: ChoiceSet, sizes: Sizes, task: Task) -> None:
        super().__init__()
        self.choices = choices
        self.sizes = sizes
        self.network = MobileNetV3(largest(sizes, channels_of(task), task.n_outputs))
        self.transforms = nn.ModuleList(
            nn.ModuleList(KernelTransform(sizes.kernels) for _ in range(max(sizes.depths)))
            for _ in sizes.stages
        )
        self.blocks = tuple(f"stage {stage}" for stage in range(len(sizes.stages)))
        self._calibration = Calibration[Statistics](task, sizes.calibration)

    def forward(self, inputs: Tensor, architectures: Architecture | Relaxation) -> Tensor:
        """Logits (B, V) of images (B, C, H, W) of any size.

        Sliced for one architecture, mixed for a relaxation.

        Raises:
            ValueError: The number of rows does not divide the batch.
            UsageError: The architecture is of another space.
        """
        if isinstance(architectures, Relaxation):
            if architectures.choices != self.choices:
                raise ValueError("the relaxation belongs to other choices than this supernet's")
            return over_resolutions(inputs, architectures, self.sizes.resolutions, self._mixed)
        config = self._config(architectures)
        return self._sliced(inputs, config, self._norm(config))

    def run_block(self, name: str, inputs: Tensor, architecture: Architecture) -> Tensor:
        """Features (B, C, H, W) of a stage; the first takes images."""
        config, stage = self._config(architecture), self.blocks.index(name)
        norm = self._norm(config)
        return sliced_stage(self.network, self.transforms, inputs, config, norm, stage)

    def run_head(self, features: Tensor, architecture: Architecture) -> Tensor:
        """Logits (B, V)."""
        return trailing(self.network, features, self._norm(self._config(architecture)))

    def extract(self, architecture: Architecture) -> MobileNetV3:
        """A standalone network with copies of the weights this architecture uses.

        Its norms have the statistics of the calibration images as running statistics.
        """
        config = self._config(architecture)
        shared = dict(self.network.named_parameters())
        like = self.network.classifier.weight
        with torch.device("meta"):
            network = MobileNetV3(config)
        network = network.to_empty(device=like.device).to(like.dtype)
        with torch.no_grad():
            kernels = self._kernels(config)
            for name, weight in network.named_parameters():
                corner = tuple(slice(size) for size in weight.shape)
                weight.copy_(kernels[name] if name in kernels else shared[name][corner])
            for name, moments in self._statistics(config).items():
                norm = cast("nn.BatchNorm2d", network.get_submodule(name))
                assert norm.running_mean is not None
                assert norm.running_var is not None
                assert norm.num_batches_tracked is not None
                norm.running_mean.copy_(moments.mean[0])
                norm.running_var.copy_(moments.variance[0])
                norm.num_batches_tracked.zero_()
        return network.train(self.training)

    def _norm(self, config: NetworkConfig) -> Norm:
        return GroupNorms() if self.training else KnownNorms(self._statistics(config))

    def _sliced(self, images: Tensor, config: NetworkConfig, norm: Norm) -> Tensor:
        return sliced_logits(self.network, self.transforms, images, config, norm)

    def _mixed(self, images: Tensor, relaxation: Relaxation, resolution: int) -> Tensor:
        """Logits (A*N, V) of A mixtures at one resolution."""
        if self.training:
            norm: Norm = GroupNorms(len(relaxation))
        else:
            rows = relaxation.weights.detach().split(1)
            parts = [Relaxation(self.choices, row) for row in rows]
            norm = KnownNorms(stacked([self._mixed_statistics(p, resolution) for p in parts]))
        return mixed_logits(
            self.network, self.transforms, images, relaxation, resolution, self.sizes, norm
        )

    def _statistics(self, config: NetworkConfig) -> Statistics:
        """Moments of the norms of a subnet, under their names in the extracted network."""
        return self._calibration.statistics(
            config, self, noted(lambda images, norm: self._sliced(images, config, norm))
        )

    def _mixed_statistics(self, row: Relaxation, resolution: int) -> Statistics:
        """Moments of every option's norms in one mixture."""

        def run(images: Tensor, norm: Norm) -> Tensor:
            return mixed_logits(
                self.network, self.transforms, images, row, resolution, self.sizes, norm
            )

        key = (resolution, row.weights.cpu().numpy().tobytes())
        return self._calibration.statistics(key, self, noted(run))

    def _kernels(self, config: NetworkConfig) -> dict[str, Tensor]:
        """Depthwise kernels of a subnet's searched blocks, by name in the extracted network."""
        found: dict[str, Tensor] = {}
        for stage, block, name, shared, transform in elastic_blocks(self.network, self.transforms):
            if block < len(config.stages[stage]):
                sizes = config.stages[stage][block]
                weight = shared.depthwise.conv.weight[: sizes.middle]
                found[f"{name}.depthwise.conv.weight"] = transform(weight, sizes.kernel)
        return found

    def _config(self, architecture: Architecture) -> NetworkConfig:
        self.choices.to_indices(architecture)  # refuses an architecture of another space
        config = self.network.config
        return configure(architecture, self.sizes, config.channels, config.classes)
