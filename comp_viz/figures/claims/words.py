"""The seven claims in words: what is claimed and where, the one primary test and why it, what decides what the verdict means."""

from dataclasses import dataclass

from comp_viz.analysis.claims.effect import Effect
from comp_viz.wording import compact, decimal, signed


@dataclass(frozen=True)
class EffectUnit:
    """How the effects of a claim are written."""

    scale: float  # effects are multiplied by it
    name: str  # after a number
    axis: str  # of the chart
    digits: int


POINTS = EffectUnit(100, "points", "points of accuracy, in the direction of the claim", 1)
RANKS = EffectUnit(100, "points of rank", "points of rank nearer than chance; 50 would be perfect", 0)
NEIGHBOURS_SHARED = EffectUnit(100, "points", "points of neighbours with the same label, after minus before", 1)
WEIGHT = EffectUnit(1, "of the weight", "weight beyond an equal share", 3)


@dataclass(frozen=True)
class ClaimWords:
    """One claim as its card tells it."""

    name: str  # in the list, and as the card's heading
    sentence: str  # the claim
    where: str  # in the paper
    measure: str  # of the primary effect, after its number
    test: str  # the primary test
    parts: str  # what else the claim says, tested beside it
    reason: str  # why this test
    caveat: str  # what decides what the verdict means, whatever the data
    shipped: str  # what has to be known of the shipped measurement; tests hold it to the tables
    page: str  # behind it
    unit: EffectUnit


CLAIM_WORDS = {
    "gap": ClaimWords(
        "Joint training holds modalities back",
        "Trained together, modalities end worse than each does alone, and far apart from each other.",
        "Figure 1",
        "lost by joint training",
        "Accuracy of each modality trained alone minus that of its head after joint training without prompts; mean of the modalities and of "
        "all missing rates, paired.",
        "Each modality by itself, and how much of the gap between the best and the worst head ComP closes.",
        "Under-optimisation is the half of the claim that training together could cause; without prompts the two numbers compare like with like.",
        "Under ComP the head of a modality also hears the others through prompts, so a small gap does not say that its own features "
        "became better. Modalities may be just as far apart when each is trained alone.",
        "On Hazumi they are: the gap is 5.5 points alone, 5.7 jointly without prompts and 0.2 with ComP.",
        "imbalance",
        POINTS,
    ),
    "prompting": ClaimWords(
        "Prompts help at every missing rate",
        "With prompts, predictions are more accurate, however much is missing.",
        "Tables 1 and 2; in Table 3 the rows without PG",
        "gained with prompts",
        "Accuracy of the fused prediction with prompts minus without, all else equal; mean of the missing rates, paired.",
        "Each missing rate by itself, since the claim says every.",
        "Other speakers decide whether a gain is real; seeds of one split only repeat the same few dialogues.",
        "The same network without prompts is the fair opponent. The paper's tables compare with other methods, which differ in more than prompts.",
        "The training parts of the five cuts overlap, so they are worth fewer than five studies. On the data's own split the mean of five "
        "seeds is ahead at every rate, by 0.2 to 0.9 points, on the same 38 dialogues.",
        "robustness",
        POINTS,
    ),
    "components": ClaimWords(
        "Each component helps",
        "Propagation, prompts, coordinator and gradient modulator each make the fused prediction more accurate.",
        "Table 3",
        "gained with all four",
        "Accuracy of the fused prediction of ComP minus that of the network without any of the four; mean of the missing rates, paired.",
        "ComP minus the network that lacks one component, for each of the four.",
        "It asks the least: where all four together are not seen to help, nothing can be said of a single one.",
        "A network without a component also has fewer weights, and was trained with settings found for the whole. A component that is "
        "taken out of a finished network says nothing here: each row is trained anew.",
        "Three seeds leave Student's interval two degrees of freedom. More seeds could tell: without propagation, prompts or coordinator "
        "the mean is lower by 0.5 to 1.1 points, without the modulator it is the same.",
        "modulation",
        POINTS,
    ),
    "reconstruction": ClaimWords(
        "Missing features are reconstructed",
        "After propagation, the features of a missing modality are close to those it would have had.",
        "Propagation, equations 3 to 5",
        "nearer than chance",
        "The rank of a missing entry's own features among those of all utterances of its conversation, nearest first by cosine, in percent: "
        "50 by chance, 0 at best. The effect is 50 minus the mean rank.",
        "Each modality by itself, and how often an entry is nearer to its own features than the mean of the utterances beside it is, minus 50\u202f%.",
        "A rank has a scale, chance. A cosine has none: all features of a conversation are alike to some degree.",
        "Own features after propagation are themselves made of all modalities and neighbours, in the conversation as recorded. Nearer than "
        "chance is not the same as rebuilt: 50 points would be.",
        "The measured 28 of 50 points is far from chance, and far from rebuilt.",
        "reconstruction",
        RANKS,
    ),
    "separation": ClaimWords(
        "Propagation separates emotions",
        "Utterances of the same emotion lie closer together in the features after propagation than in those before.",
        "Figure 4",
        "more neighbours with the same label",
        "Of the five nearest utterances of other conversations, the share with the same label: after propagation minus before, for "
        "observed utterances of all modalities.",
        "Each modality by itself.",
        "Figure 4 is a picture by t-SNE, whose distances mean little. Neighbours are counted in all dimensions, and only in other "
        "conversations: within one, propagation makes neighbours in time alike, whose labels mostly agree.",
        "After propagation a modality's features also hold what the other modalities say, so the gain is not its own encoder's. Heads are "
        "trained on the features after propagation, never on those before.",
        "Video, the weakest modality alone, gains most.",
        "prototypes",
        NEIGHBOURS_SHARED,
    ),
    "coordinator": ClaimWords(
        "The coordinator follows quality",
        "The coordinator gives more weight to the modality that is better for the utterance at hand.",
        "Figure 5 (d), equations 12 to 14",
        "extra on the best head",
        "The weight of the head that comes nearest to the truth, minus an equal share, over all labelled utterances.",
        "The same for heads that are right where heads disagree, and for modalities that are observed where some are missing.",
        "It uses every labelled utterance. Weights could follow quality and still be too close to equal to matter: the size is what counts.",
        "Where all heads predict nearly the same, there is no quality to follow, and any weights give the same prediction.",
        "On Hazumi heads decide differently in 11 of about 3,000 utterances.",
        "coordinator",
        WEIGHT,
    ),
    "modulator": ClaimWords(
        "The modulator balances modalities",
        "Scaling gradients in training brings modality heads closer together, and the fused prediction gains.",
        "Equations 10 and 11; in Table 3 the row without GM",
        "less gap between heads",
        "The gap between the best and the worst head without the modulator minus that with it; mean of the missing rates, paired.",
        "What the modulator adds to the accuracy of the fused prediction.",
        "Balance is what the modulator is for; Table 3 shows accuracy alone.",
        "Over a batch of N utterances coefficients have the mean 1 − 1/N, whatever the errors are, so that no modality is slowed down as a "
        "whole. With prompts there is also hardly a gap left to close.",
        "On Hazumi the gap is 0.2 points with the modulator and 0.2 without.",
        "modulation",
        POINTS,
    ),
}


def effect_words(effect: Effect, unit: EffectUnit) -> str:
    """An effect with its 95 % interval: `+5.5 points (+4.6 to +6.4)`."""
    if effect.value != effect.value:
        return "not measured"
    value, low, high = (signed(unit.scale * x, unit.digits) for x in (effect.value, effect.low, effect.high))
    interval = f"{low} to {high}" if effect.measured else "no interval"
    return f"{value} {unit.name} ({interval})"


def least_words(least: float, unit: EffectUnit) -> str:
    """The smallest effect that matters."""
    return f"{compact(unit.scale * least)} {unit.name}"


def p_words(p: float) -> str:
    """A p-value as people write it."""
    return "p\u00a0<\u00a00.001" if p < 0.001 else f"p\u00a0=\u00a0{decimal(p, 3 if p < 0.1 else 2)}"
