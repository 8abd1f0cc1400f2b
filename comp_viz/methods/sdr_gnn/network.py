"""SDR-GNN: hyperedges and a filter for high frequencies, GRU cells, reconstruction by attention."""

from torch import Tensor, nn

from comp_viz.methods.gcnet.convolutions import HighFrequencyConvolution, HyperedgeConvolution, RelationalConvolution
from comp_viz.methods.gcnet.skeleton import GraphNetwork
from comp_viz.methods.gcnet.window import Window
from comp_viz.methods.sdr_gnn.config import SDRGNNConfig


class SpectralConvolutions(nn.Module):
    """A convolution by relation, means over hyperedges, and gated differences between neighbours."""

    def __init__(self, relations: int, inputs: int, width: int) -> None:
        super().__init__()
        self.relational = RelationalConvolution(relations, inputs, width)
        self.hyperedges = HyperedgeConvolution(width)
        self.high = HighFrequencyConvolution(width)

    def forward(self, u: Tensor, window: Window, relations: Tensor) -> Tensor:
        """`[B, S, 2h] -> [B, S, g]`."""
        out: Tensor = self.high(self.hyperedges(self.relational(u, window, relations), window), window)
        return out


class SDRGNN(GraphNetwork):
    """The answer is linear in the graphs' features, what is rebuilt passes through attention."""

    config: SDRGNNConfig

    def __init__(self, config: SDRGNNConfig) -> None:
        super().__init__(config, "gru", config.speaker_graph)
        self.attention = nn.MultiheadAttention(sum(config.dims), config.heads, batch_first=True)

    def convolution(self, relations: int) -> nn.Module:
        """That of one graph."""
        return SpectralConvolutions(relations, 2 * self.config.hidden, self.config.graph)

    def rebuilt(self, h: Tensor, valid: Tensor) -> Tensor:
        """What features are rebuilt as, `[B, S, D]`."""
        x = self.rebuild(h)
        if self.config.across_batch:
            x = x.transpose(0, 1)  # [S, B, D]: the conversations are what is attended to
        out: Tensor = self.attention(
            x, x, x, key_padding_mask=None if self.config.across_batch else ~valid, need_weights=False
        )[0]
        return out.transpose(0, 1) if self.config.across_batch else out
