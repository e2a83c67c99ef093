"""The option lists and widths of the MobileNetV3 space by preset, as plain values; no torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import attrs

from monas_core.parts.space import WarmUp
from monas_core.values.architecture import Choice, Condition
from monas_core.values.choices import ChoiceSet
from monas_core.values.recipe import Recipe

Activation = Literal["relu", "h-swish"]


@attrs.frozen
class Stage:
    """A run of blocks of one width.

    Attributes:
        width: Output channels of its blocks, before the width multiplier.
        stride: Of its first block; the others keep the size.
        squeeze: Whether its blocks have squeeze-and-excitation.
        activation: Nonlinearity of its blocks.
    """

    width: int
    stride: int
    squeeze: bool
    activation: Activation


@attrs.frozen
class Sizes:
    """Everything that differs between two presets. All option lists ascend.

    Attributes:
        stem: Channels of the first convolution and of the fixed block after it.
        stem_stride: Stride of the first convolution.
        stages: Of searched blocks.
        head: Channels of the last convolution and of the layer before the classifier.
        depths: Blocks of each stage; a network uses the first ones.
        kernels: Kernel sizes of each block, odd.
        expansions: Inner channels of each block, in multiples of its input channels.
        resolutions: Heights and widths in pixels that images are resized to.
        calibration: Training images that the statistics of a subnet are taken from.
        warm_up: Recommended training of the supernet.
        width: Multiplier of all channels.
    """

    stem: int
    stem_stride: int
    stages: tuple[Stage, ...]
    head: tuple[int, int]
    depths: tuple[int, ...]
    kernels: tuple[int, ...]
    expansions: tuple[int, ...]
    resolutions: tuple[int, ...]
    calibration: int
    warm_up: WarmUp
    width: float = 1.0

    def choices(self) -> ChoiceSet:
        """``resolution``, then per stage its depth and per block kernel and expansion."""
        choices = [Choice("resolution", self.resolutions, ordered=True)]
        for stage in range(len(self.stages)):
            depth = f"depth_{stage}"
            choices.append(Choice(depth, self.depths, ordered=True, group=f"stage {stage}"))
            for block in range(max(self.depths)):
                deeper = tuple(option for option in self.depths if option > block)
                # Blocks that every depth includes are always active and need no condition.
                condition = None if deeper == self.depths else Condition(depth, deeper)
                for name, options in (("kernel", self.kernels), ("expand", self.expansions)):
                    choices.append(
                        Choice(
                            f"{name}_{stage}_{block}",
                            options,
                            condition=condition,
                            ordered=True,
                            group=f"stage {stage} block {block}",
                        )
                    )
        return ChoiceSet("mobilenetv3", 1, choices)


_PUBLISHED = Recipe(
    updater="sgd",
    weight_decay=3e-5,
    clip=0.0,
    schedule="cosine",
    ramp=0.04,
    final=0.0,
)
"""mit-han-lab/once-for-all, train_ofa_net.py: ``opt_type = 'sgd'``, ``momentum = 0.9``,
``no_nesterov = False``, ``weight_decay = 3e-5`` (``no_decay_keys = 'bn#bias'``),
``lr_schedule_type = 'cosine'``, no clipping; kernels: ``n_epochs = 120`` after
``warmup_epochs = 5``, ``base_lr = 3e-2`` for ``base_batch_size = 64``.
Trained there with the largest network as teacher, which is the trainer ``progressive``; label
smoothing is an option of the task. 500,000 steps of 64 are 25 epochs of ImageNet on one GPU,
where the paper takes 120 on 32."""

PRESETS: Mapping[str, Sizes] = {
    # For CPUs and images of 16 pixels.
    "small": Sizes(
        stem=8,
        stem_stride=1,
        stages=(
            Stage(16, 2, squeeze=False, activation="relu"),
            Stage(24, 2, squeeze=True, activation="h-swish"),
        ),
        head=(96, 128),
        depths=(1, 2, 3),
        kernels=(3, 5, 7),
        expansions=(2, 3, 4),
        resolutions=(8, 12, 16),
        calibration=128,
        warm_up=WarmUp(steps=2000, batch_size=32, learning_rate=5e-3),
    ),
    # Once-for-all (Cai et al., ICLR 2020, arXiv 1908.09791), for ImageNet, trained as
    # its repository says (_PUBLISHED).
    "ofa": Sizes(
        stem=16,
        stem_stride=2,
        stages=(
            Stage(24, 2, squeeze=False, activation="relu"),
            Stage(40, 2, squeeze=True, activation="relu"),
            Stage(80, 2, squeeze=False, activation="h-swish"),
            Stage(112, 1, squeeze=True, activation="h-swish"),
            Stage(160, 2, squeeze=True, activation="h-swish"),
        ),
        head=(960, 1280),
        depths=(2, 3, 4),
        kernels=(3, 5, 7),
        expansions=(3, 4, 6),
        resolutions=tuple(range(128, 225, 4)),
        calibration=64,
        warm_up=WarmUp(500_000, batch_size=64, learning_rate=3e-2, recipe=_PUBLISHED),
    ),
}
"""Sizes by preset, smallest first."""

MINIATURE = Sizes(
    stem=8,
    stem_stride=1,
    stages=(
        Stage(8, 2, squeeze=False, activation="relu"),
        Stage(16, 2, squeeze=True, activation="h-swish"),
    ),
    head=(16, 16),
    depths=(1, 2),
    kernels=(3, 5),
    expansions=(1, 2),
    resolutions=(8, 12),
    calibration=16,
    warm_up=WarmUp(steps=20, batch_size=8, learning_rate=3e-3),
)
"""800 architectures, for contracts: small enough to enumerate and to train in a second."""
