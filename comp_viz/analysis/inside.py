"""The inside of one forward pass on one conversation, as plain arrays: what the mechanism pages are made from."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from torch import Tensor

from comp_viz.analysis.prediction import Prediction, read_output, run_model
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.conversation import Bools, Conversation, Floats
from comp_viz.errors import CompVizError
from comp_viz.methods.method import absence
from comp_viz.network.intervention import AS_TRAINED, Intervention
from comp_viz.network.trace import Trace

Inner = Mapping[str, Floats]  # modality -> an array


@dataclass(frozen=True)
class Inside:
    """`comp_viz.network.trace.Trace` of one conversation: the same fields without the axis of the batch.

    `S` utterances, `M` modalities, `d` hidden width, `p` prompt width, `c` own prototypes, `K` prototypes attended to (the
    own `c` first, then the bank's), `n` blocks of `m` layers with `h` heads. What a network without prompts or
    propagation does not have is an empty mapping. Arrays are not to be written to.
    """

    prediction: Prediction
    encoded: Inner  # [S, d], Z
    prototypes: Inner  # [c, d], A
    assignments: Inner  # [n, S, K], S_l, rows sum to 1
    prompts: Inner  # [n, S, p], fresh prompts P̃ the modality generates
    delivered: Inner  # [n, S, M-1, p], prompts the modality receives, senders in modality order
    renewed: Inner  # [n-1, S, M-1, p], the same as they leave a block
    features: Inner  # [n, S, d], Z_l entering each block
    attention: Inner  # [n, m, h, S, S], rows are queries
    propagated: Inner  # [S, d], Z̄
    fused_features: Floats  # [S, M·d], F

    @property
    def modalities(self) -> tuple[str, ...]:
        """Modality names in order."""
        return self.prediction.modalities

    @property
    def observed(self) -> Bools:
        """`[S, M]`, the missing pattern it was made under."""
        return self.prediction.observed

    def senders(self, receiver: str) -> tuple[str, ...]:
        """Whose prompts a modality receives, in the order of `delivered` and `renewed`."""
        return tuple(name for name in self.modalities if name != receiver)


def look_inside(
    checkpoint: Checkpoint, conversation: Conversation, observed: Bools, changed: Intervention = AS_TRAINED
) -> Inside:
    """Run the model on one conversation, `observed [S, M]` saying what it may see, and keep everything.

    Raises `CompVizError` for a method that has no trace.
    """
    if reason := absence(checkpoint.method, "trace"):
        raise CompVizError(f"{reason} Choose a checkpoint of ComP to look inside.")
    out = run_model(checkpoint, conversation, observed, changed, trace=True)
    prediction = read_output(checkpoint, observed & conversation.observed, out)
    assert out.trace
    names = [f.name for f in fields(Trace) if f.name != "fused_features"]
    inner = {name: {u: to_array(x) for u, x in getattr(out.trace, name).items()} for name in names}
    return Inside(prediction, fused_features=to_array(out.trace.fused_features), **inner)


def to_array(tensor: Tensor) -> Floats:
    """The only conversation of a batch, in memory and read-only."""
    array: Floats = tensor[0].float().cpu().numpy()
    array.flags.writeable = False
    return array
