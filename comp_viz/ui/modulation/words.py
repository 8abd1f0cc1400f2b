"""What the charts of the Modulation page mean, in words and equations."""

from comp_viz.figures.chart import About

COEFFICIENT = r"""W_i^u = \frac{1}{M-1}\sum_{v \neq u} \frac{\sum_j R_j^{uv} - R_i^{uv}}{\sum_j R_j^{uv}},
\quad R_i^{uv} = E_i^u - E_i^v \quad (10), \qquad \nabla M^u_{\cdot s} \leftarrow \overline{W}^u_s\, \nabla M^u_{\cdot s} \quad (11)"""
FINDING = (
    "A modulation coefficient multiplies a gradient: 1 leaves it as it is, below 1 tempers it, above 1 strengthens it. The guard "
    "is the range that training holds coefficients to, because they can explode or turn negative."
)
NOW = About(
    "The modulation coefficient of every utterance, for each modality, if this conversation under the missing pattern in force "
    "were the whole batch of one training step. A cross marks what the guard held. Thin lines, for conversations the checkpoint "
    "learned from: the mean coefficient that training recorded.",
    "What one training step would really do. A training batch has several conversations, and the sums over j run over all of "
    "them; the step has dropout, noise and prompts from the batch's own prototypes; and what reaches the weights is the mean over the "
    "batch at each position, here a single utterance. The mean of all coefficients says nothing: it is 1 − 1/N whatever the errors are.",
    COEFFICIENT,
)
BY_EPOCH = About(
    "Coefficients of all steps of an epoch and all positions: the line is the median, the dark band holds half of them, the light "
    "band nine tenths. Positions where no utterance counted have the coefficient 1. A shipped checkpoint keeps 20 of its epochs.",
    "Whether learning changed. The mean is close to 1 whatever the errors are; only the spread tells positions apart, and it scales "
    "the gradient of one layer, which the optimiser then divides by its size.",
    COEFFICIENT,
)
GUARD = About(
    "Share of the coefficients of utterances that lay outside the clip range and were held at its end, mean over the steps of each "
    "epoch. The title also says in how many recorded steps that happened at least once.",
    "How far outside they were. Without the guard single coefficients reach any size, of either sign, when the sum of differences "
    "comes close to zero; the published code has no guard.",
    r"W \leftarrow \min(\max(W, w_{\min}), w_{\max})",
)
BY_POSITION = About(
    "The same coefficients by position in the conversation, over all recorded steps: median, half, nine tenths. The weights of the "
    "prototypes' first layer have one column for every position, and its gradient is multiplied by this.",
    "That late utterances are harder or easier. A coefficient is a mean over the conversations of the batch that reach a position; "
    "few of them reach late ones, so there the mean varies more.",
    r"\overline{W}^u_s = \operatorname{mean}_{i \,\in\, \text{batch at position } s} W_i^u",
)
BY_ERROR = About(
    "Utterances of all recorded epochs, ordered by how much more the head of this modality erred than the others' on average, in "
    "twelve groups of equal size: median coefficient, half and nine tenths of each group. Hover for numbers.",
    "Cause. If the modality is behind in the whole batch (positive sum of differences), its harder utterances get lower coefficients; "
    "if it is ahead, higher ones. Which of the two holds changes from batch to batch, so over training the two cancel and the bands widen "
    "at both ends.",
    COEFFICIENT,
)
GRADIENTS = About(
    "L2 norm of the gradient of every module, after modulation and before long gradients are shortened: median and half of the steps "
    "of each recorded epoch, on a logarithmic axis.",
    "How far a module moved: the optimiser divides every gradient by its running size, so a module with small gradients does not learn "
    "more slowly for that.",
    r"\lVert \nabla_\theta L \rVert_2",
)
WORTH = About(
    "Accuracy of the fused prediction with the modulator less without it, all else alike, for finished models of our ablation: mean over "
    "training seeds, paired, with the 95 % interval of that mean. Dashed: the difference of the same two rows in the paper's Table 3.",
    "The same experiment twice. The published numbers are of other recordings, features and splits, of epochs chosen on the "
    "test split, and single runs as far as the paper says.",
    r"\Delta = \mathrm{ACC}_{\mathrm{KP+PG+Cr+GM}} - \mathrm{ACC}_{\mathrm{KP+PG+Cr}}",
)
COUNTED = "N: utterances with a label; for scores also not exactly neutral. Only they enter the sums."
MEAN = "Over N utterances the coefficients of a modality have the mean 1 − 1/N exactly, whatever the errors: Σ(ΣR − R)/ΣR = N − 1."
HELD = (
    "Coefficients outside the clip range of the checkpoint's recipe, of all utterances that count and all modalities."
)
HARD = (
    "Wrong: share of the recorded epochs in which a modality's head was on the wrong side of neutral, or chose another class, "
    "while learning: with dropout, noise and that epoch's missing pattern. Both stages count. Error: mean distance to the label, or "
    "one minus the true class's probability. Coefficient: mean over recorded epochs of stage 2."
)
NO_TABLE = (
    "No table of results compares models with and without the modulator. Make one: "
    "`python -m comp_viz sweep results/ablation.yaml`."
)
ON_TEST = "EPOCHS SELECTED ON THE TEST SPLIT, the paper's protocol: every number is optimistic."
TRAINED = {  # table of telemetry -> what its chart shows
    "by_epoch": BY_EPOCH,
    "guard": GUARD,
    "by_position": BY_POSITION,
    "by_error": BY_ERROR,
    "gradients": GRADIENTS,
}
