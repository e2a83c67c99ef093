"""A network of inverted residuals, one file read top to bottom.

Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", arXiv 1801.04381. It
knows nothing of choices. Shapes: B samples, C channels, H and W pixels, V classes.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from monas_mobilenetv2.sizes import SKIP, Place, Sizes, kernel_and_expansion


def convolved(
    inputs: int, outputs: int, kernel: int = 1, *, stride: int = 1, groups: int = 1
) -> list[nn.Module]:
    """A convolution without bias and its norm."""
    padding = kernel // 2
    return [
        nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]


def inverted(place: Place, kernel: int, expansion: int) -> nn.Sequential:
    """Widen, look at neighbours, narrow: (B, inputs, H, W) to (B, outputs, H / s, W / s)."""
    middle = place.inputs * expansion
    widen = [*convolved(place.inputs, middle), nn.ReLU6()] if expansion > 1 else []
    look = convolved(middle, middle, kernel, stride=place.stride, groups=middle)
    return nn.Sequential(*widen, *look, nn.ReLU6(), *convolved(middle, place.outputs))


class Layer(nn.Module):
    """One searched layer that is there, or what remains of one that is skipped.

    Deviation: the published space lets every layer be skipped, also those that change width or
    resolution; of these a 1 x 1 convolution of their stride remains.
    """

    def __init__(self, place: Place, operation: str) -> None:
        super().__init__()
        self.residual = place.residual
        if operation == SKIP:
            self.body = nn.Sequential(*convolved(place.inputs, place.outputs, stride=place.stride))
        else:
            self.body = inverted(place, *kernel_and_expansion(operation))

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H / stride, W / stride)."""
        out = self.body(x)
        return x + out if self.residual else out


class MobileNetV2(nn.Module):
    """Images to logits.

    Args:
        sizes: Of the preset.
        operations: One per searched layer.
        channels: Of the images.
        classes: V.
    """

    def __init__(
        self, sizes: Sizes, operations: Sequence[str], channels: int, classes: int
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            *convolved(channels, sizes.stem, 3, stride=sizes.stem_stride), nn.ReLU6()
        )
        self.entry = inverted(Place(sizes.stem, sizes.entry, 1, 0), 3, 1)
        # named by place and operation: each operation has weights of its own
        self.layers = nn.ModuleDict(
            {
                f"{number}_{operation}": Layer(place, operation)
                for number, (place, operation) in enumerate(
                    zip(sizes.places(), operations, strict=True), start=1
                )
                if operation != SKIP or not place.residual
            }
        )
        last = sizes.stages[-1].channels
        self.top = nn.Sequential(*convolved(last, sizes.top), nn.ReLU6())
        self.classifier = nn.Linear(sizes.top, classes)
        self.reset()

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, V), unnormalised, of images (B, channels, H, W)."""
        x = self.entry(self.stem(images.contiguous(memory_format=torch.channels_last)))
        for layer in self.layers.values():
            x = layer(x)
        return self.classifier(self.top(x).mean((2, 3)))

    def reset(self) -> None:
        """Draw fresh weights: of convolutions as He et al. (2015) by their outputs."""
        if self.classifier.weight.is_meta:  # no numbers to draw, and pretending to takes long
            return
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out")
        nn.init.normal_(self.classifier.weight, std=0.01)
        nn.init.zeros_(self.classifier.bias)
