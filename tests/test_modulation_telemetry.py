"""What is condensed from telemetry, against naive loops over its rows."""

import math
from collections import defaultdict

import numpy as np
import pytest

from comp_viz.analysis.modulation.hard_utterances import read_hardness, with_utterance_words
from comp_viz.analysis.modulation.telemetry import BINS, read_modulation_record
from comp_viz.figures.grid import grid
from comp_viz.figures.modulation.telemetry import (
    by_epoch_chart,
    by_error_chart,
    by_position_chart,
    clipping_chart,
    coefficient_span,
    gradient_span,
    gradients_chart,
)
from comp_viz.figures.style import LIGHT
from comp_viz.training.telemetry import read_telemetry
from comp_viz.wording import percent

MODALITIES = ("audio", "text", "video")


@pytest.fixture(scope="module")
def folder(whole):
    return whole[0] / "telemetry"


@pytest.fixture(scope="module")
def result(folder):
    return read_modulation_record(folder, MODALITIES)


def rows_of(folder, name):
    return read_telemetry(folder, name).to_pylist()


def test_bands_by_epoch_and_by_position_are_quantiles_of_what_was_recorded(folder, result):
    epochs, positions = defaultdict(list), defaultdict(list)
    for row in rows_of(folder, "steps"):
        for s, value in enumerate(row["coefficients"]):
            epochs[row["epoch"], row["modality"]].append(value)
            positions[s, row["modality"]].append(value)
    for table, naive, at in ((result.by_epoch, epochs, "epoch"), (result.by_position, positions, "position")):
        assert len(table) == len(naive)
        for row in table.itertuples():
            values = naive[getattr(row, at), row.modality]
            assert row.rows == len(values)
            assert row.mean == pytest.approx(np.mean(values), abs=1e-5)
            band = [row.lowest, row.low, row.middle, row.high, row.highest]
            np.testing.assert_allclose(band, np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95]), atol=1e-5)


def test_clipping_is_recorded_by_epoch_and_by_step(folder, result):
    naive = {(r["epoch"], r["of"]): r["value"] for r in rows_of(folder, "epochs") if r["quantity"] == "guarded"}
    assert {(r.epoch, r.modality): r.clipped for r in result.clipping.itertuples()} == pytest.approx(naive)
    for u in MODALITIES:
        acted = [row["guarded"] > 0 for row in rows_of(folder, "steps") if row["modality"] == u]
        assert result.steps_clipped[u] == pytest.approx(np.mean(acted))
        assert result.clipped[u] == pytest.approx(np.mean([value for (_, of), value in naive.items() if of == u]))


def test_relative_error_and_its_bins(folder, result):
    errors, coefficients = defaultdict(dict), {}
    for row in rows_of(folder, "utterances"):
        if row["coefficient"] is not None:
            key = row["epoch"], row["conversation"], row["utterance"]
            errors[key][row["modality"]] = row["error"]
            coefficients[*key, row["modality"]] = row["coefficient"]
    for u in MODALITIES:
        pairs = sorted(
            (at[u] - np.mean([at[v] for v in MODALITIES if v != u]), coefficients[*key, u])
            for key, at in errors.items()
        )
        bins = result.by_error[result.by_error["modality"] == u]
        assert len(bins) == BINS
        assert bins["rows"].sum() == len(pairs)
        assert bins["relative_error"].is_monotonic_increasing
        weighted = (bins["relative_error"] * bins["rows"]).sum() / len(pairs)
        assert weighted == pytest.approx(np.mean([x for x, _ in pairs]), abs=1e-4)
        ranks = [np.argsort(np.argsort([p[i] for p in pairs], kind="stable"), kind="stable") for i in (0, 1)]
        assert result.rank_correlation[u] == pytest.approx(
            np.corrcoef(*ranks)[0, 1], abs=0.03
        )  # ties are ranked apart here


def test_gradients_are_halves_over_steps(folder, result):
    naive = defaultdict(list)
    for row in rows_of(folder, "gradients"):
        naive[row["epoch"], row["module"], row["modality"]].append(row["norm"])
    assert len(result.gradients) == len(naive)
    for row in result.gradients.itertuples():
        values = naive[row.epoch, row.module, row.modality]
        np.testing.assert_allclose([row.low, row.middle, row.high], np.quantile(values, [0.25, 0.5, 0.75]), rtol=1e-5)


def test_hard_utterances_are_those_answered_wrongly_most_often(folder):
    result = read_hardness(folder)
    wrong, coefficient = defaultdict(list), defaultdict(list)
    for row in rows_of(folder, "utterances"):
        if row["correct"] is not None:
            key = row["conversation"], row["utterance"]
            wrong[*key, row["modality"]].append(not row["correct"])
            coefficient[*key, row["modality"]].append(row["coefficient"])
    assert result.epochs == 6
    assert len(result.rows) == len({key[:2] for key in wrong})
    for row in result.rows.to_dict("records"):
        key = row["conversation"], row["utterance"]
        of = np.array([wrong[*key, u] for u in MODALITIES])
        assert [row[f"wrong {u}"] for u in MODALITIES] == pytest.approx(of.mean(1).tolist())
        assert row["all wrong"] == pytest.approx(of.all(0).mean())
        for u in MODALITIES:
            known = [value for value in coefficient[*key, u] if value is not None]
            assert row[f"coefficient {u}"] == pytest.approx(np.mean(known), abs=1e-3)
    assert result.rows["wrong"].is_monotonic_decreasing
    assert result.ends(easiest=True)["wrong"][0] == result.rows["wrong"].min()
    assert result.never_right == sum(all(all(wrong[*key, u]) for u in MODALITIES) for key in {key[:2] for key in wrong})


def test_one_conversation_and_its_words(folder, small_lab):
    result = read_hardness(folder)
    conversation = small_lab.split("train")[0]
    rows = with_utterance_words(result.of(conversation.id).reset_index(), small_lab)
    assert rows["utterance"].tolist() == sorted(rows["utterance"])
    assert rows["words"].tolist() == [conversation.words[s] for s in rows["utterance"]]
    np.testing.assert_allclose(rows["label"], conversation.labels[rows["utterance"]])
    assert result.of("nobody").empty


def test_a_folder_without_telemetry_gives_empty_tables(tmp_path):
    result = read_modulation_record(tmp_path, MODALITIES)
    for table in (result.by_epoch, result.by_position, result.by_error, result.clipping, result.gradients):
        assert table.empty
    assert read_hardness(tmp_path).rows.empty


def test_charts_draw_the_tables(result):
    shared = coefficient_span([result.by_epoch, result.by_position])
    for draw, table, first in (
        (by_epoch_chart, result.by_epoch, 0),
        (by_position_chart, result.by_position, 1),
        (by_error_chart, result.by_error, 0),
    ):
        lines = [trace for trace in draw(result, shared, LIGHT).data if trace.customdata is not None]
        assert len(lines) == 3
        for trace, u in zip(lines, MODALITIES, strict=True):
            rows = table[table["modality"] == u].sort_values(
                table.columns[0] if first or draw is by_epoch_chart else "relative_error"
            )
            np.testing.assert_allclose(trace.y, rows["middle"], atol=1e-5)
            np.testing.assert_allclose(trace.customdata[:, [0, 4]], rows[["lowest", "highest"]], atol=1e-4)
    clipping = clipping_chart(result, 0.1, LIGHT)
    np.testing.assert_allclose(
        clipping.data[1].y, result.clipping[result.clipping["modality"] == "text"]["clipped"], atol=1e-5
    )
    assert clipping.layout.meta.startswith(percent(np.mean([*result.clipped.values()]), 1))


def test_gradients_share_an_axis_that_holds_all_of_them(result):
    low, high = gradient_span([result.gradients])
    positive = result.gradients[result.gradients["low"] > 0]
    assert low < math.log10(positive["low"].min())
    assert high > math.log10(positive["high"].max())
    drawn = gradients_chart(result, (low, high), LIGHT)
    assert {note.text.replace("<br>", " ") for note in drawn.layout.annotations} >= set(result.gradients["module"])


def test_every_chart_has_its_name_above_its_middle(result):
    drawn = gradients_chart(result, gradient_span([result.gradients]), LIGHT).layout
    for i, module in enumerate(result.gradients["module"].unique()):
        (name,) = [note for note in drawn.annotations if note.text.replace("<br>", " ") == module]
        assert (name.x, name.xanchor) == (pytest.approx(np.mean(drawn[f"xaxis{i + 1}"].domain)), "center")


def test_names_of_small_charts_do_not_touch_on_a_phone():
    names = ["projection", "propagation", "modality heads", "fused head"]
    plain, broken = (grid(LIGHT, "", each, 400, "epoch", "norm") for each in (["a"] * 4, names))
    shown = [note.text for note in broken.layout.annotations][2:]
    assert shown == ["projection", "propagation", "modality<br>heads", "fused head"]
    assert broken.layout.margin.t - plain.layout.margin.t >= 12  # room for a second line
    assert grid(LIGHT, "", ["modality heads"], 400, "epoch", "norm").layout.annotations[2].text == "modality heads"
