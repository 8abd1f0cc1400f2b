"""What the charts of the Coordinator page show and do not show."""

from comp_viz.figures.chart import About

SHAPES = {
    2: "line",
    3: "triangle",
}  # modalities -> the chart that shows all weights of an utterance at once; else "paths"
WEIGHTS = r"\bar\omega=\mathrm{softmax}\big(\mathrm{MLP}([\bar Z^{a},\bar Z^{t},\bar Z^{v}])\big)\qquad(12,13)"
FUSED = r"F=[\bar\omega_a\bar Z^{a},\;\bar\omega_t\bar Z^{t},\;\bar\omega_v\bar Z^{v}]\qquad(14)"
NOT_CAUSE = (
    "How much a modality matters: its features may be long or short, and the fused head may read them strongly or hardly. "
    "What a modality is worth shows where weights are changed, under Other weights, or where it is taken away, on the Live page."
)
COLOURED = (
    "Colours and marks are the true emotion: the class, or for scores whether the label is below, at or above neutral."
)
ABOUT = {
    "weights": About(
        "The coordinator's weight of each modality for every utterance (the paper's Figure 5 d). They sum to 1; dashed is "
        "where all are equal. Open marks: the modality is missing there.",
        NOT_CAUSE,
        WEIGHTS,
    ),
    "triangle": About(
        "Every utterance as one point: the nearer a corner, the more weight on that modality. The cross is where weights "
        f"are equal. {COLOURED} With axes fitted, the triangle is cut, and its edges say where they begin.",
        "Order in time, and why weights differ: utterances close together need not be alike.",
        WEIGHTS,
    ),
    "line": About(
        "Every utterance as one point. There are two modalities, so the first one's weight says all: the second has the "
        f"rest. Dashed is where both have half. {COLOURED}",
        "Order in time, and why weights differ.",
        WEIGHTS,
    ),
    "paths": About(
        "Every utterance as one path over the modalities: a triangle holds only three. Dashed is where weights are equal. "
        f"{COLOURED}",
        "Order in time; paths between the axes mean nothing.",
        WEIGHTS,
    ),
    "availability": About(
        "Mean weights by which modalities are observed, with the range of the middle 80 % of utterances. Left: the utterances of this "
        "conversation that are observed so under the pattern in force (how many in brackets). Right: the whole conversation "
        "run again with only those modalities left everywhere. Open marks: the modality is missing.",
        "On the left, cause: utterances of which something is missing may differ otherwise. On the right nothing but the pattern differs, but "
        "what the recording itself lacks stays missing, and the rest of the conversation, which attention reads, is missing too.",
        WEIGHTS,
    ),
    "emotions": About(
        "Weights by true emotion: the class, or for scores whether the label is below (negative), at (neutral) or above "
        "(positive) the neutral point. Counts in brackets; the thick line is the median, the thin one the middle half.",
        "What the coordinator knows: it never sees labels. One conversation has few utterances of some emotions.",
        WEIGHTS,
    ),
    "correctness": About(
        "Each modality's weight where its own head, which predicts from that modality and the prompts it receives, decides "
        "wrongly and rightly. AUC: the chance that the weight is larger in an utterance the head gets right than in one it "
        "gets wrong; 0.5 if weights do not tell. Utterances without a label, or exactly neutral, are left out.",
        "Independent evidence for every utterance: those of one conversation depend on each other, so intervals (95 %) are "
        "rather too narrow. With fewer than 5 right or wrong answers there is none.",
        WEIGHTS,
    ),
    "other weights": About(
        "The fused prediction with other weights in the place of the coordinator's, alike for all utterances: the network is "
        "run again. For classes, the probability of what is decided as trained. In the middle, how far each weighting moves "
        "that. Below, the decisions: where the network as "
        "trained is wrong, and where other weights decide otherwise (other change: from one wrong class to another, or unlabelled).",
        "A network trained with such weights: everything before and after the coordinator is as trained with the learned ones, and "
        "weights far from those are new to the fused head.",
        FUSED,
    ),
    "accuracy": About(
        "Share of labelled utterances decided as the truth is, with a 95 % interval (Wilson); how many of all decisions differ "
        "from those as trained; and the mean error: |score - label| in label units, or for classes 1 - P(true class).",
        "More than this conversation: intervals take its utterances as independent, which they are not quite. Weightings are "
        "compared on the same utterances, so small differences can be real although intervals overlap.",
        FUSED,
    ),
}
