"""Another engine than Chromium's: Live answers in Firefox, by mouse and keyboard, and a live figure does from disk."""

from collections.abc import Iterator

import numpy as np
import pytest
from firefox import FIREFOX, FirefoxPage, firefox

from comp_viz.__main__ import main
from comp_viz.analysis.prediction import predict_conversation
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.source import open_data

pytestmark = pytest.mark.skipif(FIREFOX is None, reason="Firefox on the PATH, as of Debian's package firefox-esr")
MATRIX = """[...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]
    .map(host => host.shadowRoot?.querySelector('.availability_matrix')).find(Boolean)"""
PARITY = 1e-4
COMMAND = [
    "figure",
    "checkpoints/lab",
    "--data",
    "lab",
    "--conversation",
    "lab-test-000",
    "--missing",
    "uniform(0.3)",
    "--out",
]


@pytest.fixture
def page(tmp_path) -> Iterator[FirefoxPage]:
    """A page that in the end must have met no error."""
    profile = tmp_path / "profile"
    profile.mkdir()
    with firefox(profile) as found:
        found.size(1280, 1000)
        yield found
        found.value("0")  # whatever was still to be heard of
        assert found.errors == []


def middle(page: FirefoxPage, root: str, s: int, m: int) -> tuple[float, float]:
    """Where a cell is."""
    script = f"""(() => {{ const box = ({root}).querySelector('.cell[data-s="{s}"][data-m="{m}"]').getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2]; }})()"""
    x, y = page.value(script)
    return x, y


def test_live_answers_under_the_finger_and_by_keyboard(page, address):
    page.open(f"{address}live?checkpoint=lab")
    page.wait(f"{MATRIX}?.querySelector('.where')?.dataset.here === 'yes'")
    drawn = f"({MATRIX}).querySelector('.plot .fused').getAttribute('d')"
    missing = f"({MATRIX}).querySelectorAll('.cell.missing[data-s]').length"
    before = page.value(drawn)
    page.mouse(middle(page, MATRIX, 2, 0), "down", *(middle(page, MATRIX, s, 0) for s in range(3, 9)))
    page.wait(f"{missing} === 7 && {drawn} !== {before!r}")
    assert "cells" not in page.value("location.search")
    page.mouse("up")
    page.wait("location.search.includes('cells')")
    page.wait("document.querySelector('h3').innerText.includes('of entries missing')")
    page.value(f'({MATRIX}).querySelector(\'.cell[data-s="11"][data-m="1"]\').focus()')
    page.press("ArrowRight", " ")
    page.wait(f"{missing} === 8")
    page.press("Enter")  # gives it back
    page.wait(f"{missing} === 7")
    page.press("c")
    page.wait(f"{missing} === 10")
    assert [url for url in page.asked if not url.startswith((address, "data:", "blob:"))] == []


def test_a_live_figure_answers_from_disk_without_a_network(page, tmp_path):
    path = tmp_path / "figure.html"
    assert main([*COMMAND, str(path)]) == 0
    page.open(path.as_uri())
    page.wait("document.body.dataset.parity")
    page.value("document.getElementById('restore').click()")
    page.mouse(middle(page, "document", 2, 0), "down", middle(page, "document", 9, 0), "up")
    page.press("ArrowRight", "c")
    seen = page.value(
        "ask().then(contribute).then(() => ({ observed: [...figure.observed], fused: [...state.answer.fused],"
        " sums: state.contributions.map(({ empty, values }) => values.reduce((sum, each) => sum + each, empty)) }))"
    )
    checkpoint, conversation = load_checkpoint("checkpoints/lab"), open_data("lab").find("lab-test-000")
    observed = np.array(seen["observed"], bool).reshape(conversation.observed.shape)
    assert (~observed).sum() == 7  # eight painted, of which the column beside the first was given back
    expected = predict_conversation(checkpoint, conversation, observed).fused[:, 0]
    np.testing.assert_allclose(seen["fused"], expected, atol=PARITY)
    np.testing.assert_allclose(seen["sums"], expected, atol=PARITY)
    assert [url for url in page.asked if not url.startswith(("file:", "blob:", "data:"))] == []
