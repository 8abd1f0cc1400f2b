"""What the charts of the Imbalance page mean, in words and equations."""

from comp_viz.figures.chart import About

FINDING = (
    "Performance gap: accuracy of the best modality less that of the worst. Under-optimisation: a modality's own head ends worse after "
    "joint training than when the modality is trained alone."
)
CURVES = About(
    "Accuracy of each modality's own head and of the fused prediction, epoch by epoch (as in the paper's Figures 1 and 5 a to c): every modality "
    "trained alone, jointly without prompting, and with ComP. In stage 1 each modality is trained on its own, in stage 2 all jointly; "
    "runs of modalities alone have stage 1 throughout. Lines are means over training seeds, bands reach from the lowest to the highest seed, where there are several.",
    "Accuracy on unseen conversations: the selection split also chose the epoch that was kept, and training accuracy is of what was "
    "said while learning, with dropout and noise. Heads under prompting also hear of the other modalities, so they are no measure of "
    "what one modality knows.",
    r"\mathrm{ACC}^u = \tfrac{1}{N} \sum_i [\hat{y}_i^u = y_i], \quad \text{for scores } \hat{y}, y \text{ by sign, neutral left out}",
)
GAP = About(
    "For every training seed, accuracy of the best modality head less that of the worst; the mean over seeds with its 95 % interval "
    "(Student). Judged on the split, under the missing rate chosen above.",
    "That a small gap is good: heads can be equally bad. Best less worst is never below zero, so chance alone gives it some size.",
    r"\mathrm{gap} = \max_u \mathrm{ACC}^u - \min_u \mathrm{ACC}^u",
)
JOINT = About(
    "Accuracy of a modality's head after joint training less that of the modality trained alone for as many epochs, paired seed by "
    "seed, with the 95 % interval of the mean. Left of zero the modality is under-optimised.",
    "With prompts the head of a modality also draws on the others, so its gain is not its own encoder's. Without prompting the two "
    "numbers compare like with like.",
    r"\mathrm{ACC}^u_{\text{joint}} - \mathrm{ACC}^u_{\text{alone}}",
)
RATIO = About(
    "The discrepancy ratio of OGM-GE (Peng et al., CVPR 2022): how sure a modality's head is of the truth, against the mean of the others, "
    "summed over the test split. Intervals: 95 % of redrawn conversations. Where labels are scores, s is the probability that "
    "the logistic loss of training gives the true side of neutral; that is our extension.",
    "What a modality knows by itself: under prompting all heads hear of all modalities. OGM-GE compares two modalities over a batch while "
    "training, with s from the fused layer's share of each; here every modality has a head of its own, it is compared with the mean of the "
    "others, and the model is finished.",
    r"\rho^u = \frac{\sum_i s_i^u}{\operatorname{mean}_{v \neq u} \sum_i s_i^v}, \quad s_i^u = \mathrm{softmax}(Y_i^u)_{y_i}"
    r" \;\text{ or }\; \sigma(2\,Y_i^u \operatorname{sign} y_i)",
)
UTILISATION = About(
    "The conditional utilisation rate (Wu et al., ICML 2022), for more than two modalities: the share of the fused accuracy that is lost when a "
    "modality is taken away from all utterances, on the test split, with the 95 % interval of redrawn conversations.",
    "What the modality is worth to a model trained without it. Wu et al. have two branches and one answer of each, and put the training average "
    "in the place of what one hears of the other; here the modality is missing, and the fused prediction answers. Below zero the model would answer better without it. Where two "
    "modalities tell the same, taking one away costs nothing.",
    r"u^u = \frac{A - A_{\text{without } u}}{A}",
)
OVER_TRAINING = About(
    "The same ratio while learning: s is the probability of the true class where the run recorded it; else, as for scores, 1 if the "
    "head was right, else 0. By recorded epoch, over the utterances of the training split.",
    "The finished model: here is dropout, noise and a fresh missing pattern in every epoch.",
    r"\rho^u = \frac{\sum_i s_i^u}{\operatorname{mean}_{v \neq u} \sum_i s_i^v}",
)
NO_TABLE = (
    "No table of results was made on these data. Make one with the methods `comp`, `no-prompting` and `alone`; "
    "`docs/sweeps.md` explains how."
)
NOT_RECORDED = (
    "Of the training of **{name}** nothing was recorded, so there is no accuracy by epoch. Every `python -m comp_viz train` writes telemetry "
    "beside its checkpoint; weights that were converted, or a folder copied without `telemetry/`, have none."
)
ON_TEST = "EPOCHS SELECTED ON THE TEST SPLIT, the paper's protocol: every number is optimistic."
RATE = "The missing pattern under which finished models were judged: uniform(0.3) takes away 30 % of all entries, by the protocol of the field."
SPLIT = (
    "Selection: the split that chose the epoch to keep, under all its missing patterns, by the weights that would be kept. Training: what was "
    "said while learning, with dropout, noise and the training pattern."
)
RUNS = (
    "The open checkpoint's own telemetry, beside a checkpoint without prompting that was trained on the same data where there is one; or the "
    "runs of our results table on the same data, which has several seeds and modalities alone."
)
MEASURE = "Runs the open checkpoint over the whole test split, once and once more for every modality taken away; takes some seconds the first time."
