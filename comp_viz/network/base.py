"""What the network of every method is: a module built from its configuration, which predicts a batch of conversations."""

from abc import abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from comp_viz.errors import CompVizError
from comp_viz.network.boundary import admit
from comp_viz.network.config import NetworkConfig
from comp_viz.network.trace import Messages, Output, PerModality


class Network(nn.Module):
    """The base of all networks. What is predicted for a conversation must not depend on what shares its batch."""

    # Tensors of the state whose length along an axis is that of the training data: name -> axis.
    grows: ClassVar[Mapping[str, int]] = MappingProxyType({})

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config

    @abstractmethod
    def forward(self, features: Mapping[str, Any], observed: Any, valid: Any, *, trace: bool = False) -> Output:
        """Predict every utterance's emotion from what is observed of it and of its conversation.

        Parameters: `features` modality -> `[B, S, D_u]`; `observed [B, S, M]` bool, in modality order; `valid [B, S]`
        bool, False in padding. What happened inside is given where `trace` is True and the method has one. Raises
        `CompVizError` when the batch does not fit the model; `boundary.admit` checks it.
        """

    def reconstruct(self, features: Mapping[str, Any], observed: Any, valid: Any) -> PerModality:
        """What the network makes of every entry, also of those that are missing: modality -> `[B, S, k]`.

        Raises `CompVizError` where its method rebuilds nothing.
        """
        rebuilt = self(features, observed, valid).reconstruction
        if rebuilt is None:
            raise CompVizError(f"A network of {self.config.method!r} gives no reconstruction.")
        named: PerModality = rebuilt
        return named

    def rebuilt_from(self, features: Mapping[str, Any], observed: Any, valid: Any) -> PerModality:
        """What `reconstruct` is held against, modality -> `[B, S, k]`: features as they are, where no space of its own."""
        admitted, rows = admit(self.config, features, observed, valid, like=next(self.parameters()))
        return {name: rows.pad(rows.utterances(x)) for name, x in zip(self.config.modalities, admitted, strict=True)}

    def draw_sample(self, features: Mapping[str, Any], observed: Any, valid: Any, seed: int) -> PerModality:
        """One sample of what `reconstruct` gives, from noise of a `seed`; of methods with the capability `samples`."""
        raise CompVizError(f"A network of {self.config.method!r} draws no samples.")

    def routing(self, features: Mapping[str, Any], observed: Any, valid: Any) -> Tensor:
        """Weights `[B, S, M, K]` of `K` experts for each modality, sum 1; of methods with the capability `routing`."""
        raise CompVizError(f"A network of {self.config.method!r} routes nothing.")

    def messages(self, features: Mapping[str, Any], observed: Any, valid: Any) -> dict[str, Messages]:
        """What goes along the edges of each of its graphs, by name; of methods with the capability `graph`."""
        raise CompVizError(f"A network of {self.config.method!r} has no graph.")

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return next(self.parameters()).device

    def fit_lengths(self, state: Mapping[str, Tensor]) -> None:
        """Give the tensors that grow with the training data the length they have in `state`, which can then be loaded."""
        for name in self.grows:
            own = self.get_buffer(name)
            setattr(self, name, own.new_empty(state[name].shape))
