"""The tables of results as text, laid out as the paper's: methods down, missing rates across."""

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from comp_viz.checkpoint.measurements import SHARE_METRICS
from comp_viz.training.contenders import ABLATION

LINE_WIDTH = 120  # characters of a line
PrintedCells = Mapping[str, str]  # pattern -> what is printed
Line = tuple[str, PrintedCells]


def metric_number(metric: str, mean: float, half: float = np.nan) -> str:
    """A mean with the half width of its interval where there is one: `89.2±0.4`, `0.512±0.010`."""
    scale, digits = (100, 1) if metric in SHARE_METRICS else (1, 3)
    return f"{scale * mean:.{digits}f}" + ("" if np.isnan(half) else f"±{scale * half:.{digits}f}")


def metric_cells(metric: str, rows: pd.DataFrame) -> dict[str, str]:
    """The numbers of one line by pattern; `rows` has `mean`, and `half` where intervals are known."""
    halves = rows["half"] if "half" in rows else [np.nan] * len(rows)
    numbers = zip(rows["pattern"], rows["mean"], halves, strict=True)
    return {pattern: metric_number(metric, mean, half) for pattern, mean, half in numbers}


def method_lines(metric: str, rows: pd.DataFrame) -> list[Line]:
    """A line for every method's fused prediction, and one for each of its heads below it."""
    lines: list[Line] = []
    for method, own in rows.groupby("method", sort=False):
        parts = {str(name): metric_cells(metric, part) for name, part in own.groupby("predictor", sort=False)}
        lines.append((str(method), parts.pop("fused", {})))
        lines += [(f"  {name}", part) for name, part in parts.items()]
    return lines


def flag_lines(metric: str, rows: pd.DataFrame) -> list[Line]:
    """A line for every row of the ablation that is there, with a mark for every part that was kept."""
    return [
        ("".join("✓   " if kept else "–   " for kept in flags), metric_cells(metric, rows[rows["method"] == name]))
        for name, flags in ABLATION.items()
        if (rows["method"] == name).any()
    ]


def text_table(head: str, patterns: Sequence[str], sections: Sequence[tuple[str, Sequence[Line]]]) -> list[str]:
    """Lines of text no wider than `WIDTH`: sections under one head, patterns across, in several parts where need be."""
    first = max(len(head), *(len(label) for _, lines in sections for label, _ in lines)) + 2
    widths = {}
    for pattern in patterns:
        column = [row.get(pattern, "") for _, lines in sections for _, row in lines]
        widths[pattern] = min(max(map(len, [column_name(pattern), *column])) + 2, LINE_WIDTH - first)
    text: list[str] = []
    for part in columns_that_fit(widths, LINE_WIDTH - first):
        named = {pattern: column_name(pattern)[: width - 2] for pattern, width in part.items()}
        text.append(one_line(head, named, first, part))
        for title, lines in sections:
            shown = [line for line in lines if not title or line[1].keys() & part.keys()]
            text += [f"-- {title}"] if title and shown else []
            text += [one_line(label, row, first, part) for label, row in shown]
        text.append("")
    return text


def columns_that_fit(widths: Mapping[str, int], room: int) -> list[dict[str, int]]:
    """Columns in order, as many together as there is room for."""
    parts: list[dict[str, int]] = [{}]
    for name, width in widths.items():
        if parts[-1] and sum(parts[-1].values()) + width > room:
            parts.append({})
        parts[-1][name] = width
    return parts


def one_line(label: str, row: PrintedCells, first: int, widths: Mapping[str, int]) -> str:
    """One line of a table, its numbers to the right."""
    return (f"{label:{first}}" + "".join(f"{row.get(p, ''):>{width}}" for p, width in widths.items())).rstrip()


def column_name(pattern: str) -> str:
    """A uniform pattern as its rate in percent, others as they are."""
    match = re.fullmatch(r"uniform\(([0-9.e-]+)\)", pattern)
    return f"{100 * float(match[1]):g} %" if match else pattern


def ordered(patterns: Iterable[str]) -> list[str]:
    """Patterns once each: uniform ones by their rate, then the others as they come."""
    once = list(dict.fromkeys(patterns))
    uniform = [p for p in once if column_name(p) != p]
    return sorted(uniform, key=lambda p: float(column_name(p)[:-2])) + [p for p in once if column_name(p) == p]
