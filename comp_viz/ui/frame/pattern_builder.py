"""The missing pattern in the sidebar: one part after the other with its controls, a picture of what it does, and its text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.data.conversation import Bools, Conversation, Task
from comp_viz.data.patterns.base import PatternPart
from comp_viz.data.patterns.entries import Cells, Only, Rates, Uniform
from comp_viz.data.patterns.label import CONDITIONS, Label
from comp_viz.data.patterns.matrices import MAX_RATE
from comp_viz.data.patterns.pattern import AS_RECORDED, Pattern
from comp_viz.data.patterns.realised import realised_rates
from comp_viz.data.patterns.utterances import Outage, Speaker
from comp_viz.errors import CompVizError
from comp_viz.figures.availability import preview
from comp_viz.figures.style import modality_marks
from comp_viz.ui.frame.address_state import set_widget
from comp_viz.ui.frame.pattern_state import PatternChoice, pattern_choice, set_pattern
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.frame.theme import palette
from comp_viz.wording import how_many, percent

AS_RECORDED_KIND, EDITED, NO_PART = "as recorded", "edited by hand", "none"
BY_SEED = "chosen by the seed"
REFUSED = "pattern refused"
FEW = 4  # modalities of which every combination is offered; of more, single ones and all but one
PATTERN_HELP = "Which modalities of which utterances the model may see. Paint your own in the matrix on the Live page."


@dataclass(frozen=True)
class PartContext:
    """What a part may refer to."""

    conversation: Conversation
    task: Task

    @property
    def modalities(self) -> tuple[str, ...]:
        """Those of the conversation."""
        return tuple(self.conversation.features)

    @property
    def conditions(self) -> tuple[str, ...]:
        """On labels."""
        return (*self.task.classes, "strong") if self.task.classes else CONDITIONS

    @cached_property
    def kinds(self) -> dict[str, tuple[PatternPart, ...]]:
        """Name on screen of every kind of part, and what is put in its place when it is chosen."""
        first, S, M = self.modalities[0], len(self.conversation), len(self.modalities)
        sizes = range(1, M) if M <= FEW else (1, M - 1)
        subsets = [kept for size in sizes for kept in combinations(self.modalities, size)]
        return {
            AS_RECORDED_KIND: (),
            "uniform rate": (Uniform(0.3),),
            **{"only " + " and ".join(kept): (Only(kept),) for kept in subsets},
            "rate per modality": (Rates(tuple((u, 0.3) for u in self.modalities)),),
            "outage": (Outage(first, max(1, S // 4), max(1, S // 3)),),
            "whole speaker": (Speaker(None, ()),),
            "by label": (Label(self.conditions[-1], "text" if "text" in self.modalities else first, 0.8),),
        }

    def kind(self, part: PatternPart) -> str:
        """Name on screen of a part's kind."""
        if isinstance(part, Cells):
            return EDITED
        exact = {made: name for name, parts in self.kinds.items() for made in parts}
        by_type = {type(made): name for made, name in exact.items() if not isinstance(made, Only)}
        return exact.get(part) or by_type.get(type(part)) or str(part)


def pattern_controls(conversation: Conversation, task: Task) -> DeltaGenerator:
    """Draw all parts with their controls; returns the place of the picture."""
    where = PartContext(conversation, task)
    try:
        parts = Pattern.parse(pattern_choice().text).parts
    except CompVizError:  # explained beside the picture
        parts = ()
    for i, part in enumerate(parts or (None,)):
        part_controls(i, part, where, parts)
    if parts and not isinstance(parts[-1], Cells):
        kind_box(len(parts), "Add a part", NO_PART, [NO_PART, *list(where.kinds)[1:]], where, parts)
    place = st.container()
    if Pattern(parts).random:
        key = set_widget("pattern_draw", pattern_choice().seed)
        st.number_input(
            "Seed", 0, 9999, key=key, on_change=lambda: set_pattern(replace(pattern_choice(), seed=st.session_state[key])),
            help="The same seed makes the same entries missing.",
        )  # fmt: skip
    pattern_text_box()
    return place


def part_controls(i: int, part: PatternPart | None, where: PartContext, parts: tuple[PatternPart, ...]) -> None:
    """Controls of part number `i`: its kind, and what belongs to that kind."""
    current = where.kind(part) if part else AS_RECORDED_KIND
    options = list(where.kinds) if i == 0 else [NO_PART, *list(where.kinds)[1:]]
    kind_box(i, "Missing pattern" if i == 0 else f"Part {i + 1}", current, options, where, parts)
    if part is None or type(part) not in CONTROLS:
        return

    def put(changed: PatternPart) -> None:
        set_pattern(replace(pattern_choice(), text=str(Pattern((*parts[:i], changed, *parts[i + 1 :])))))

    CONTROLS[type(part)](f"part{i}", part, where, put)


def kind_box(
    i: int, label: str, current: str, options: list[str], where: PartContext, parts: tuple[PatternPart, ...]
) -> None:
    """The choice of a part's kind."""
    key = set_widget(f"part{i}_kind", current)

    def changed() -> None:
        made = where.kinds.get(st.session_state[key], ())
        set_pattern(replace(pattern_choice(), text=str(Pattern((*parts[:i], *made, *parts[i + 1 :])))))

    known = options if current in options else [*options, current]
    st.selectbox(label, known, key=key, on_change=changed, help=PATTERN_HELP if i == 0 else None)


Put = Callable[[Any], None]


def uniform_controls(key: str, part: Uniform, where: PartContext, put: Put) -> None:
    """One rate for all."""
    rate = set_widget(f"{key}_rate", part.rate)
    st.slider(
        "Missing rate", 0.0, MAX_RATE, step=0.05, key=rate, on_change=lambda: put(Uniform(round(st.session_state[rate], 2))),
        help="Share of all entries that go missing. Every utterance keeps at least one modality.",
    )  # fmt: skip


def rates_controls(key: str, part: Rates, where: PartContext, put: Put) -> None:
    """A rate for every modality."""
    shares, marks = dict(part.shares), modality_marks(where.modalities)

    def changed(name: str) -> None:
        now = {u: shares.get(u, 0.0) for u in where.modalities} | {name: round(st.session_state[f"{key}_{name}"], 2)}
        put(Rates(tuple(now.items())))

    for name in where.modalities:
        st.slider(
            f"{marks[name]} {escape_markdown(name)} missing", 0.0, 1.0, step=0.05, key=set_widget(f"{key}_{name}", shares.get(name, 0.0)),
            on_change=changed, args=(name,), help="Share of this modality's entries that go missing, at random.",
        )  # fmt: skip


def outage_controls(key: str, part: Outage, where: PartContext, put: Put) -> None:
    """Which modality, from when, for how long."""
    S = max(len(where.conversation), part.start or 1, part.length)
    modality_box(key, part.modality, where, lambda name: put(replace(part, modality=name)))
    first, length = set_widget(f"{key}_start", part.start or 0), set_widget(f"{key}_length", part.length)
    left, right = st.columns(2)
    left.number_input(
        "From utterance", 0, S, key=first, help=f"Counted from 1; 0 means {BY_SEED}, anew for every conversation.",
        on_change=lambda: put(replace(part, start=st.session_state[first] or None)),
    )  # fmt: skip
    right.number_input(
        "Number of utterances", 1, S, key=length, on_change=lambda: put(replace(part, length=st.session_state[length]))
    )


def speaker_controls(key: str, part: Speaker, where: PartContext, put: Put) -> None:
    """Who is missing, and in which modalities."""
    there = sorted(set(where.conversation.speakers) - {""})
    names = [BY_SEED, *there, *([part.name] if part.name and part.name not in there else [])]
    who, what = (
        set_widget(f"{key}_speaker", part.name or BY_SEED),
        set_widget(f"{key}_modalities", list(part.modalities)),
    )

    def changed() -> None:
        name = st.session_state[who]
        put(Speaker(None if name == BY_SEED else name, tuple(st.session_state[what])))

    st.selectbox("Speaker", names, key=who, on_change=changed, disabled=not there)
    st.pills(
        "Missing modalities", where.modalities, selection_mode="multi", key=what, on_change=changed,
        help="Without any chosen, all of them.",
    )  # fmt: skip


def label_controls(key: str, part: Label, where: PartContext, put: Put) -> None:
    """Which labels, which modality, how much of it."""
    condition, share = set_widget(f"{key}_condition", part.condition), set_widget(f"{key}_share", part.share)
    st.selectbox(
        "Where the label is", list(dict.fromkeys((*where.conditions, part.condition))), key=condition,
        on_change=lambda: put(replace(part, condition=st.session_state[condition])),
        help="Missing not at random: what is missing depends on the emotion. Strong: at least half way from neutral to the "
        "end of the scale, or any class but neutral.",
    )  # fmt: skip
    modality_box(key, part.modality, where, lambda name: put(replace(part, modality=name)))
    st.slider(
        "Missing rate", 0.0, 1.0, step=0.05, key=share,
        on_change=lambda: put(replace(part, share=round(st.session_state[share], 2))),
        help="Share of this modality's entries among those utterances that go missing.",
    )  # fmt: skip


def modality_box(key: str, current: str, where: PartContext, put: Callable[[str], None]) -> None:
    """The choice of one modality."""
    name = set_widget(f"{key}_modality", current)
    known = list(dict.fromkeys((*where.modalities, current)))
    st.selectbox("Modality", known, key=name, on_change=lambda: put(st.session_state[name]))


CONTROLS: dict[type[PatternPart], Callable[[str, Any, PartContext, Put], None]] = {
    Uniform: uniform_controls,
    Rates: rates_controls,
    Outage: outage_controls,
    Speaker: speaker_controls,
    Label: label_controls,
}


@dataclass(frozen=True)
class RefusedText:
    """A text that was typed and cannot be read; it stays in its box to be mended."""

    text: str
    instead_of: str  # the pattern that was in force, and still is
    problem: str


def pattern_text_box() -> None:
    """The pattern as text, to copy or to type."""
    with st.popover("As text", icon=":material/text_fields:", width="stretch"):
        now = pattern_choice().text
        st.code(now, language=None, wrap_lines=True)
        refused: RefusedText | None = st.session_state.get(REFUSED)
        if refused and refused.instead_of != now:  # something else was chosen since
            refused = None
        key = set_widget("pattern_text", refused.text if refused else now)

        def typed() -> None:
            text = st.session_state[key].strip() or AS_RECORDED
            try:
                set_pattern(PatternChoice(str(Pattern.parse(text)), pattern_choice().seed))
                st.session_state.pop(REFUSED, None)
            except CompVizError as error:
                st.session_state[REFUSED] = RefusedText(text, now, str(error))

        st.text_input("Type or paste a pattern", key=key, on_change=typed, max_chars=10_000)
        if refused:
            st.error(escape_markdown(refused.problem), icon=":material/error:")
        st.caption(
            "The same text works for `train --missing` and `evaluate --patterns`. Parts are joined by ` + ` and act one "
            "after the other: `uniform(0.3) + outage(audio, 8, 12)`."
        )


def draw_pattern_preview(place: DeltaGenerator, conversation: Conversation, observed: Bools) -> None:
    """Show what the pattern does to the conversation, and its realised missing rates."""
    modalities, there = tuple(conversation.features), conversation.observed
    rates = realised_rates(there, observed, modalities)
    words = f"Realised missing rate {percent(rates.rate)} ({percents(rates.by_modality)})."
    if any(rates.natural.values()):
        words += f" Not in the recording: {percents({u: share for u, share in rates.natural.items() if share})}."
    if rates.empty:
        words += f" {rates.empty} of {how_many(len(observed), 'utterance')} {'has' if rates.empty == 1 else 'have'} no modality left."
    with place:
        alt = f"Preview of the missing pattern. {words}"
        st.image(preview(modalities, observed, there, palette()), width="stretch", alt=alt)
        st.caption(escape_markdown(words))


def percents(shares: Mapping[str, float]) -> str:
    """Shares by modality, `audio 30 %, text 12 %`."""
    return ", ".join(f"{u} {percent(share)}" for u, share in shares.items())
