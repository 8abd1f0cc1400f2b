"""GCNet: relational and plain graph convolution, LSTM cells, reconstruction by one linear layer."""

from torch import Tensor, nn

from comp_viz.methods.gcnet.config import GCNetConfig
from comp_viz.methods.gcnet.convolutions import RelationalConvolution, SumConvolution
from comp_viz.methods.gcnet.skeleton import GraphNetwork
from comp_viz.methods.gcnet.window import Window


class GraphConvolutions(nn.Module):
    """A convolution by relation, then one over all neighbours, with nothing between them."""

    def __init__(self, relations: int, inputs: int, width: int) -> None:
        super().__init__()
        self.relational = RelationalConvolution(relations, inputs, width)
        self.sum = SumConvolution(width)

    def forward(self, u: Tensor, window: Window, relations: Tensor) -> Tensor:
        """`[B, S, 2h] -> [B, S, g]`."""
        out: Tensor = self.sum(self.relational(u, window, relations), window)
        return out


class GCNet(GraphNetwork):
    """Both graphs' features are summed; the answer and what is rebuilt are linear in them."""

    config: GCNetConfig

    def __init__(self, config: GCNetConfig) -> None:
        super().__init__(config, "lstm")

    def convolution(self, relations: int) -> nn.Module:
        """That of one graph."""
        return GraphConvolutions(relations, 2 * self.config.hidden, self.config.graph)
