"""MA-Net, the expression network behind the paper's video features, with the parameter names of its published weights.

Zhao et al., "Learning Deep Global Multi-scale and Local Attention Features for Facial Expression Recognition in the Wild",
IEEE TIP 2021: a residual network that after two stages goes on in two branches, one with an attentive network for each
quarter of the face, and one that looks at the whole at several scales.
"""

import torch
from torch import Tensor, nn

QUARTERS = 4  # upper left, upper right, lower left, lower right
SCALES = 4  # groups of channels, each seeing further than the one before


def convolution(inside: int, outside: int, stride: int = 1) -> nn.Conv2d:
    """A 3 × 3 convolution that keeps the size but for its stride."""
    return nn.Conv2d(inside, outside, 3, stride, padding=1, bias=False)


class Block(nn.Module):
    """Two convolutions with a way around them: `[N, inside, H, W]` -> `[N, outside, H / stride, W / stride]`."""

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = convolution(inside, outside, stride), nn.BatchNorm2d(outside)
        self.downsample = None
        if stride != 1 or inside != outside:
            self.downsample = nn.Sequential(nn.Conv2d(inside, outside, 1, stride, bias=False), nn.BatchNorm2d(outside))
        self.build(outside)

    def build(self, width: int) -> None:
        """Parts that come after the first convolution."""
        self.conv2, self.bn2 = convolution(width, width), nn.BatchNorm2d(width)

    def second(self, x: Tensor) -> Tensor:
        """What is done after the first convolution, `[N, width, H, W]` both ways."""
        features: Tensor = self.bn2(self.conv2(x))
        return features

    def forward(self, x: Tensor) -> Tensor:
        """The block."""
        around = x if self.downsample is None else self.downsample(x)
        return torch.relu(self.second(torch.relu(self.bn1(self.conv1(x)))) + around)


class AttentiveBlock(Block):
    """A block that weighs its channels and then its places (CBAM)."""

    def build(self, width: int) -> None:
        """Parts that come after the first convolution."""
        super().build(width)
        self.cbam = nn.ModuleDict({"ChannelGate": ChannelGate(width), "SpatialGate": SpatialGate()})

    def second(self, x: Tensor) -> Tensor:
        """Second convolution and both weightings."""
        features: Tensor = self.cbam["SpatialGate"](self.cbam["ChannelGate"](super().second(x)))
        return features


class ChannelGate(nn.Module):
    """Weights for channels, from their mean and their largest value over all places."""

    def __init__(self, width: int, reduction: int = 16) -> None:
        super().__init__()
        self.mlp = nn.Sequential(
            nn.Flatten(), nn.Linear(width, width // reduction), nn.ReLU(), nn.Linear(width // reduction, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Weigh `[N, C, H, W]`."""
        weights = self.mlp(x.mean((2, 3))) + self.mlp(x.amax((2, 3)))
        gated: Tensor = x * weights.sigmoid()[:, :, None, None]
        return gated


class SpatialGate(nn.Module):
    """Weights for places, from the largest value and the mean over channels there."""

    def __init__(self) -> None:
        super().__init__()
        self.spatial = nn.ModuleDict({"conv": nn.Conv2d(2, 1, 7, padding=3, bias=False), "bn": nn.BatchNorm2d(1)})

    def forward(self, x: Tensor) -> Tensor:
        """Weigh `[N, C, H, W]`."""
        both = torch.cat([x.amax(1, keepdim=True), x.mean(1, keepdim=True)], 1)
        gated: Tensor = x * self.spatial["bn"](self.spatial["conv"](both)).sigmoid()
        return gated


class ScalesBlock(Block):
    """A block whose second half passes groups of channels to one another, upwards and downwards, so that they see further."""

    def build(self, width: int) -> None:
        """Parts that come after the first convolution."""
        for way in (1, 2):
            for group in range(1, SCALES + 1):
                self.add_module(f"conv{way}_2_{group}", convolution(width // SCALES, width // SCALES))
                self.add_module(f"bn{way}_2_{group}", nn.BatchNorm2d(width // SCALES))

    def second(self, x: Tensor) -> Tensor:
        """Both ways through the groups, added."""
        upwards = self.way(1, range(1, SCALES + 1), x)
        downwards = self.way(2, range(SCALES, 0, -1), x)
        return torch.cat(upwards, 1) + torch.cat(downwards[::-1], 1)

    def way(self, way: int, order: range, x: Tensor) -> list[Tensor]:
        """One way through the groups, each receiving what the one before made, in the order gone."""
        groups, outputs = x.chunk(SCALES, 1), list[Tensor]()
        for group in order:
            part = groups[group - 1] + (torch.relu(outputs[-1]) if outputs else 0)
            outputs.append(self.get_submodule(f"bn{way}_2_{group}")(self.get_submodule(f"conv{way}_2_{group}")(part)))
        return outputs


def residual_stage(block: type[Block], inside: int, outside: int, stride: int) -> nn.Sequential:
    """Two blocks, the first of which may halve the size."""
    return nn.Sequential(block(inside, outside, stride), block(outside, outside, 1))


class MANet(nn.Module):
    """Faces `[N, 3, 224, 224]` from 0 to 1 -> features `[N, 1024]`: 512 of the quarters, then 512 of the whole."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 7, 2, padding=3, bias=False), nn.BatchNorm2d(64)
        self.layer1, self.layer2 = residual_stage(Block, 64, 64, 1), residual_stage(Block, 64, 128, 2)
        for quarter in range(1, QUARTERS + 1):
            self.add_module(f"layer3_1_p{quarter}", residual_stage(AttentiveBlock, 128, 256, 2))
            self.add_module(f"layer4_1_p{quarter}", residual_stage(AttentiveBlock, 256, 512, 1))
        self.layer3_2, self.layer4_2 = (
            residual_stage(ScalesBlock, 128, 256, 2),
            residual_stage(ScalesBlock, 256, 512, 2),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Both branches, averaged over places."""
        x = nn.functional.max_pool2d(torch.relu(self.bn1(self.conv1(x))), 3, 2, padding=1)
        x = self.layer2(self.layer1(x))  # [N, 128, 28, 28]
        rows = [half.chunk(2, 3) for half in x.chunk(2, 2)]
        quarters = [
            self.get_submodule(f"layer4_1_p{i}")(self.get_submodule(f"layer3_1_p{i}")(quarter))
            for i, quarter in enumerate((*rows[0], *rows[1]), 1)
        ]  # 4 × [N, 512, 7, 7]
        local = torch.stack([quarter.mean((2, 3)) for quarter in quarters]).mean(0)
        return torch.cat([local, self.layer4_2(self.layer3_2(x)).mean((2, 3))], 1)
