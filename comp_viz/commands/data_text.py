"""What the `data` command prints and writes of a data set."""

import csv
import math
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from comp_viz.data.atomic_write import atomic_write
from comp_viz.data.dataset import DataSet
from comp_viz.data.findings import NOT_FINITE_MISSING, Finding, Findings
from comp_viz.data.infinite import OFFER
from comp_viz.data.summary import Summary, summarise_data
from comp_viz.wording import NARROW, how_many, percent

BAR = 40  # characters of the longest bar


def data_facts(data: DataSet) -> dict[str, Any]:
    """What is in a data set, for JSON."""
    summary = asdict(summarise_data(data))
    summary["seconds"] = None if math.isnan(summary["seconds"]) else summary["seconds"]
    summary["findings"] = [
        dict(zip(("kind", "modality", "reason", "count"), row, strict=True)) for row in summary["findings"]
    ]
    head = {"name": data.name, "task": asdict(data.task), "licence": data.licence, "digest": data.digest}
    chosen = {"choices": [asdict(choice) for choice in data.choices]}
    return head | {"dims": data.widths, "sources": dict(data.sources)} | chosen | summary


def description(data: DataSet) -> str:
    """What is in a data set, for people."""
    summary = summarise_data(data)
    lines = [*overview_lines(data, summary), "", *feature_lines(data, summary), "", *label_lines(summary)]
    return "\n".join(printable(line) for line in lines)


def overview_lines(data: DataSet, summary: Summary) -> list[str]:
    """Name, sizes and splits."""
    length = "not stated" if math.isnan(summary.seconds) else f"{summary.seconds / 3600:.1f} hours"
    return [
        f"{data.name}: {data.task.name}, {data.task.scale}",
        f"licence        {data.licence}",
        f"digest         {data.digest}",
        f"conversations  {summary.conversations:,}, the longest of {how_many(summary.longest, 'utterance')}",
        f"utterances     {summary.utterances:,}, {percent(summary.complete, 1)} of them with every modality",
        f"speakers       {f'{summary.speakers:,} by name' if summary.speakers else 'not stated'}",
        f"speech         {length}",
        *(f"choice         {choice}" for choice in data.choices),
        *(
            f"{name or 'no split':14} {how_many(conversations, 'conversation')}, {how_many(utterances, 'utterance')}"
            for name, (conversations, utterances) in summary.splits.items()
        ),
    ]


def feature_lines(data: DataSet, summary: Summary) -> list[str]:
    """Modalities, what is missing of each, and what was noticed."""
    lines = ["features"]
    for name, width in data.widths.items():
        lines.append(f"  {name:10} {width:6,}  {data.sources[name]}; {percent(summary.missing[name], 1)} missing")
    for kind, modality, reason, count in summary.findings:
        share = f" ({percent(count / summary.utterances, 1)})" if modality else ""
        lines.append(f"  {count:,} × {kind}{f', {modality}' if modality else ''}: {reason}{share}")
    return lines


def label_lines(summary: Summary) -> list[str]:
    """Utterances by label."""
    total: dict[str, int] = {}
    for rows in summary.labels.values():
        for name, count in rows:
            total[name] = total.get(name, 0) + count
    most, width = max(*total.values(), 1), max(map(len, total))
    lines = [f"labels, {summary.unlabelled:,} unknown"]
    lines += [
        f"  {name:>{width}} {count:9,} {'█' * round(BAR * count / most)}".rstrip() for name, count in total.items()
    ]
    if summary.polarity:
        below, at, above = summary.polarity
        lines.append(f"  {below:,} negative, {at:,} neutral, {above:,} positive")
    return lines


def problem_lines(findings: Findings, most: int | None = None) -> list[str]:
    """How many problems there are, then the first of them one a line; nothing when there are none."""
    total = sum(count for (kind, _, _), count in findings.counts().items() if kind == "problem")
    if not total:
        return []
    shown = findings.problems[:most]
    rest = [f"  … and {total - len(shown):,} more"] if total > len(shown) else []
    return [
        f"{total:,} problem{'s' if total > 1 else ''}:",
        *(f"  {printable(str(problem))}" for problem in shown),
        *rest,
    ]


def unused_lines(findings: Findings) -> list[str]:
    """What the file holds that is not used, one a line; nothing when all is."""
    return [f"{row.file}: {printable(row.reason)}" for row in findings.unused]


def repair_lines(findings: Findings) -> list[str]:
    """How infinite features can be repaired, where some were found and not repaired."""
    return [f"{OFFER}."] if any(row.reason == NOT_FINITE_MISSING for row in findings.problems) else []


def write_report(path: Path, findings: Findings) -> None:
    """All findings whose place is known, as CSV."""
    with atomic_write(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, [field.name for field in fields(Finding)])
        rows.writeheader()
        rows.writerows(asdict(row) for row in findings.rows)


def printable(text: str) -> str:
    """The text on one line, without what a terminal would obey."""
    return "".join(c if c.isprintable() or c == NARROW else c.encode("unicode_escape").decode() for c in text)
