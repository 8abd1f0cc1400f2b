"""Watches a page in a browser after a change: when its first new chart was there, and when nothing moved any more."""

from collections.abc import Callable

from playwright.sync_api import Page

# What counts as a chart: one by Plotly, or what our own components draw.
DRAWN = ", ".join(
    (
        "[data-testid=stMain] .js-plotly-plot .main-svg",
        ".diagram svg",
        ".availability_matrix .plot path",
        ".switchboard .curves path",
        "table.verdicts",
    )
)
QUIET = 300  # milliseconds without a run of the server or a change on the page after which it counts as still
PATIENCE = 600_000  # milliseconds; Robustness measures for minutes on a busy machine
# Begins at the last press of the pointer: to open a list of options is no change yet.
WATCH = """
(drawn) => {
  const now = () => performance.now();
  const seen = { begun: now(), last: now(), drawn: null };
  const roots = () => [document.body, ...[...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')].flatMap((host) => host.shadowRoot ?? [])];
  const charts = () => roots().flatMap((root) => [...root.querySelectorAll(drawn)]);
  const before = new Set(charts());
  const watchAll = () => roots().forEach((root) => observer.observe(root, { childList: true, subtree: true, attributes: true, characterData: true }));
  const observer = new MutationObserver(() => { seen.last = now(); watchAll(); });
  watchAll();
  addEventListener('pointerdown', () => { if (seen === window.seen) seen.begun = now(); }, { capture: true });
  window.seen?.observer.disconnect();
  window.seen = Object.assign(seen, { observer });
  const look = () => {
    if (charts().some((chart) => !before.has(chart) && chart.getClientRects().length)) seen.drawn = now();
    else if (seen === window.seen) requestAnimationFrame(look);
  };
  look();
}
"""
STILL = f"""(asks) => (!asks || window.serverRan(seen.begun)) && performance.now() - seen.last > {QUIET}
  && !document.querySelector('[data-testid=stMain] [data-testid=stProgress]')"""
TOOK = "Math.max(seen.last, window.serverRan(seen.begun) ?? 0) - seen.begun"


def settled(page: Page, change: Callable[[], object], asks: bool = True) -> float:
    """Make a change; milliseconds until the page was still, without the waiting that shows it is.

    A change that `asks` the server is over when the run for it is, too.
    """
    page.evaluate(WATCH, DRAWN)
    change()
    page.wait_for_function(STILL, arg=asks, timeout=PATIENCE)
    return float(page.evaluate(TOOK))


def first_chart(page: Page) -> float | None:
    """Milliseconds from the last change until a new chart was there; None of a page that is still and has no new one."""
    took = page.evaluate("seen.drawn && seen.drawn - seen.begun")
    return None if took is None else float(took)
