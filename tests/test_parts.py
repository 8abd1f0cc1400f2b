"""The overview: the parts against the model's own numbers, the diagram that shows it, and the page that links the parts."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from page_cases import CASES, write_case

from comp_viz.analysis.inside import look_inside
from comp_viz.analysis.overview.overview import build_overview, overview_table
from comp_viz.analysis.stats.entropy import normalised_entropy
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.figures.overview.diagram import PARTS, diagram, diagram_title
from comp_viz.figures.overview.equations import Spot, latex, part_equation
from comp_viz.figures.overview.heading import overview_heading
from comp_viz.figures.style import DARK, LIGHT

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(params=CASES)
def case(request, tmp_path):
    data = write_case(request.param, tmp_path)
    checkpoint = load_checkpoint(tmp_path / "checkpoints" / "case")
    conversation = data.split("test")[0]
    return request.param, data, conversation, look_inside(checkpoint, conversation, conversation.observed)


def second(conversation):
    """The second utterance, counted from 0; the only one where there is no other."""
    return min(1, len(conversation) - 1)


def test_inside_is_the_models_own_trace(case):
    name, _, conversation, inside = case
    S, M = conversation.observed.shape
    for u in inside.modalities:
        assert inside.encoded[u].shape == inside.propagated[u].shape
        assert len(inside.encoded[u]) == S
        if u in inside.delivered:
            assert inside.delivered[u].shape[1:3] == (S, M - 1)
            np.testing.assert_allclose(inside.assignments[u].sum(-1), 1, atol=1e-5)
            first = inside.delivered[u][0]  # in the first block, the fresh prompts of the others
            for i, sender in enumerate(inside.senders(u)):
                np.testing.assert_allclose(first[:, i], inside.prompts[sender][0], atol=1e-6)
        with pytest.raises(ValueError, match="read-only"):
            inside.encoded[u][:] = 0
    assert (name == "without prompting") == (not inside.delivered)


def test_parts_agree_with_one_utterance_after_the_other(case):
    _, _, conversation, inside = case
    overview = build_overview(inside, conversation.labels)
    for s in range(min(len(conversation), 5)):
        for i, (u, one) in enumerate(overview.modalities.items()):
            assert one.observed[s] == conversation.observed[s, i]
            z, after = inside.encoded[u][s].astype(float), inside.propagated[u][s].astype(float)
            assert one.encoded_norm[s] == pytest.approx(np.sqrt((z**2).sum()), rel=1e-4)
            assert one.cosine[s] == pytest.approx(z @ after / np.sqrt((z @ z) * (after @ after)), abs=1e-4)
            for j, sender in enumerate(inside.senders(u) if u in inside.delivered else ()):
                lengths = [np.sqrt((block[s, j].astype(float) ** 2).sum()) for block in inside.delivered[u]]
                assert one.prompt_norms[sender][s] == pytest.approx(np.mean(lengths), rel=1e-4)
            keys = int(conversation.observed[:, i].sum())
            if u in inside.attention and keys > 1:
                rows = inside.attention[u][:, :, :, s].reshape(-1, len(conversation)).astype(float)
                spread = [-sum(p * np.log(p) for p in row if p > 0) / np.log(keys) for row in rows]
                assert one.attention_entropy[s] == pytest.approx(np.mean(spread), abs=1e-4)
    assert sum(one.weight for one in overview.modalities.values()) == pytest.approx(
        np.ones(len(conversation)), abs=1e-5
    )


def test_evenness_is_nothing_for_one_choice_and_one_for_equal_shares():
    shares = np.array([[1, 0, 0, 0], [0.25] * 4, [0.5, 0.5, 0, 0]], np.float32)
    np.testing.assert_allclose(normalised_entropy(shares, 4), [0, 1, 0.5], atol=1e-6)
    assert np.isnan(normalised_entropy(shares, 1)).all()


def test_the_heading_names_the_largest_weight_and_counts_prototypes(case):
    name, _, conversation, inside = case
    for s in (0, len(conversation) - 1):
        heading = overview_heading(build_overview(inside, conversation.labels), s)
        weights = dict(zip(inside.modalities, inside.prediction.coordinator[s], strict=True))
        most = max(weights, key=weights.get)
        if weights[most] - 1 / len(weights) < 0.02:
            coordinator = f"Utterance {s + 1} has weights close to 1/{len(weights)} each"
        else:
            coordinator = f"Utterance {s + 1} gives {most} the largest weight, {weights[most]:.2f}"
        if name == "without prompting":
            assert heading == f"{coordinator}; this network has no prompts"
            continue
        mixes = np.concatenate([inside.assignments[u][:, s] for u in inside.modalities])
        effective = np.mean([np.exp(-sum(w * np.log(w) for w in row.tolist())) for row in mixes])
        assert heading == f"{coordinator}; prompts draw on {effective:.0f} of {mixes.shape[-1]} prototypes"


def test_the_title_of_the_diagram_names_who_sends_the_longest_prompts(case):
    name, _, conversation, inside = case
    s = len(conversation) - 1
    title = diagram_title(build_overview(inside, conversation.labels), s)
    if name == "without prompting":
        assert title == "Without prompts, modalities meet only in the coordinator and the fused head"
        return
    norms = {
        sender: np.mean([
            np.linalg.norm(inside.delivered[u][:, s, inside.senders(u).index(sender)], axis=-1).mean()
            for u in inside.modalities if u != sender
        ])
        for sender in inside.modalities
    }  # fmt: skip
    most = max(norms, key=norms.get)
    assert title == f"{most.capitalize()} sends utterance {s + 1} the longest prompts: norm {norms[most]:.2f}"


def test_every_part_has_its_equation_with_the_numbers_of_the_utterance(case):
    _, data, conversation, inside = case
    overview, s = build_overview(inside, conversation.labels), second(conversation)
    for u, name in enumerate(overview.modalities):
        spot = Spot(overview, name, data.task, s)
        numbers = {part: part_equation(part, spot).numbers for part in PARTS}
        assert numbers["features"].endswith(f"= {int(inside.observed[s, u])}")
        length = np.linalg.norm(inside.encoded[name][s])
        assert f"= {length:.2f}" in numbers["encoder Z"]
        weights = [f"{weight:.2f}" for weight in inside.prediction.coordinator[s]]
        whole = "= 1" if sum(int(weight.replace(".", "")) for weight in weights) == 100 else r"\approx 1"
        assert numbers["coordinator ω̄"].endswith(f"= {' + '.join(weights)} {whole}")
        assert f"{inside.prediction.heads[name][s].max():.2f}".replace("-", "\u2212") in numbers["heads Y"]
        assert f"{inside.prediction.fused[s].max():.2f}".replace("-", "\u2212") in numbers["fused"]
        for i, sender in enumerate(inside.senders(name) if overview.prompted else ()):
            delivered = np.linalg.norm(inside.delivered[name][:, s, i], axis=-1).mean()
            assert (
                rf"\text{{{sender}}} \to \text{{{name}}}}}_{{{s + 1}}} \rVert = {delivered:.2f}" in numbers["prompts P"]
            )


def test_names_of_files_mean_nothing_to_a_formula():
    assert latex(r"an}\gry_{ok} 1-2.5") == "angryok 1-2.5"


def test_the_table_has_a_row_for_every_utterance_and_modality(case):
    _, _, conversation, inside = case
    table, s = overview_table(build_overview(inside, conversation.labels)), second(conversation)
    assert len(table) == conversation.observed.size
    one = table[(table["utterance"] == s + 1) & (table["modality"] == "text")]
    assert float(one["coordinator weight"].iloc[0]) == pytest.approx(inside.prediction.coordinator[s, 1])


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_every_part_of_the_diagram_says_its_numbers(case, palette):
    _, data, conversation, inside = case
    overview, s = build_overview(inside, conversation.labels), second(conversation)
    svg = ElementTree.fromstring(diagram(overview, data.task, conversation.labels, s, palette))
    parts = [(group.get("data-part"), group.get("aria-label")) for group in svg.iter(f"{SVG}g")]
    wanted = {part for part in PARTS if overview.prompted or part not in ("prototypes A", "prompts P")}
    assert {part for part, _ in parts} == wanted
    labels = " ".join(label for _, label in parts)
    for one in overview.modalities.values():
        assert f"{one.encoded_norm[s]:.2f}" in labels
        assert f"{one.weight[s]:.2f}" in labels
    truth = "unknown" if np.isnan(conversation.labels[s]) else None
    assert truth is None or "truth unknown" in labels
    assert all(group.get("tabindex") == "0" and group.get("role") == "button" for group in svg.iter(f"{SVG}g"))


def test_missing_is_hatched_and_lines_are_as_thick_as_prompts_are_long(case):
    _name, data, conversation, inside = case
    overview = build_overview(inside, conversation.labels)
    s = 2 if len(conversation) > 2 else 0  # the third utterance of these conversations has nothing at all
    svg = diagram(overview, data.task, conversation.labels, s, LIGHT)
    assert svg.count('fill="url(#gone') == int((~conversation.observed[s]).sum())
    if overview.prompted:
        prompts = [float(values[s]) for one in overview.modalities.values() for values in one.prompt_norms.values()]
        widths = [float(w) for w in re.findall(r'stroke-width="([\d.]+)" stroke-opacity="0.55"', svg)]
        assert len(widths) == len(prompts)
        assert int(np.argmax(widths)) == int(np.argmax(prompts))


def test_nothing_in_the_data_is_taken_for_markup(case):
    _, data, conversation, inside = case
    if data.task.classes:
        task = replace(data.task, classes=tuple(f"<b>{name}&" for name in data.task.classes))
        svg = diagram(build_overview(inside, conversation.labels), task, conversation.labels, 0, LIGHT)
        assert "<b>" not in svg
        ElementTree.fromstring(svg)


def test_the_page_shows_the_numbers_of_the_selected_utterance(open_case, tmp_path):
    app, data = open_case("overview", utterance="2", pattern="only(text)")
    conversation = data.find(app.selectbox(key="conversation").value)
    observed = conversation.observed & np.array([False, True, False])
    inside = look_inside(load_checkpoint(tmp_path / "checkpoints" / "case"), conversation, observed)
    expected = (
        overview_table(build_overview(inside, conversation.labels)).query("utterance == 2").reset_index(drop=True)
    )
    shown = app.dataframe[0].value.reset_index(drop=True)
    for column in ("norm of Z", "normalised entropy of attention", "coordinator weight", "norm of prompt from text"):
        np.testing.assert_allclose(shown[column], expected[column], rtol=1e-4)
    assert app.subheader[0].value == overview_heading(build_overview(inside, conversation.labels), 1)


def test_compared_the_page_has_both(open_case):
    app, _ = open_case("overview", pattern="only(text)", compare="nothing missing")
    assert len(app.dataframe) == 2
    assert not app.dataframe[0].value["observed"].all()
    assert any(app.dataframe[1].value["observed"])
    app.selectbox(key="compare").set_value("another missing pattern").run()
    app.text_input(key="compare_pattern").set_value("only(smell)").run()
    assert not app.exception
    assert "Nothing to compare with yet" in app.warning[0].value
    app.text_input(key="compare_pattern").set_value("only(audio)").run()
    assert not app.warning
    assert [row["observed"] for _, row in app.dataframe[1].value.iterrows()][1:] == [False, False]
