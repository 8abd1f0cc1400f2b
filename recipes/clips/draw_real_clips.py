"""`python -m recipes.clips.draw_real_clips`: what `real_clips` printed -> a figure of answers as the sound gets worse."""

import argparse
import sys
from pathlib import Path

from comp_viz.commands import exit_status
from comp_viz.errors import CompVizError
from recipes.clips.corpus import EMOTIONS

COLOURS = dict(zip(EMOTIONS, ("#8c8c8c", "#e0a526", "#3b78b8", "#c2452d"), strict=True))


def run(options: argparse.Namespace) -> None:
    """Read the table and draw it."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "clips"  # the same file every time
    from matplotlib import pyplot
    from matplotlib.patches import Rectangle

    names, rows = read_table(options.tables.read_text(encoding="utf-8"))
    figure, axes = pyplot.subplots(figsize=(11, 0.42 * len(rows) + 1.4), layout="constrained")
    for y, (_, cells) in enumerate(rows):
        for x, (emotion, probability) in enumerate(cells):
            axes.barh(y, probability, left=x, height=0.8, color=COLOURS.get(emotion, "#dddddd"))
            axes.text(x + 0.04, y, f"{probability:.2f}" if probability else "nothing", va="center", fontsize=7)
    axes.set_xticks([x + 0.5 for x in range(len(names))], names, rotation=30, ha="right", fontsize=8)
    axes.set_yticks(range(len(rows)), [clip for clip, _ in rows], fontsize=8)
    axes.set(xlim=(0, len(names)), ylim=(len(rows) - 0.4, -0.6))
    axes.legend(
        handles=[Rectangle((0, 0), 1, 1, color=colour, label=name) for name, colour in COLOURS.items()], ncols=4,
        loc="lower center", bbox_to_anchor=(0.5, 1), frameon=False, fontsize=8,
    )  # fmt: skip
    figure.savefig(options.out, metadata={"Date": None})


def read_table(text: str) -> tuple[list[str], list[tuple[str, list[tuple[str, float]]]]]:
    """Conditions, and for each clip its answers with their probabilities, from the table of clips without known emotions."""
    lines = text.splitlines()
    start = next((n for n, line in enumerate(lines) if line.startswith("| clip |")), None)
    if start is None:
        raise CompVizError("Expected what real_clips prints, with a table that begins '| clip |'.")
    names = cells_of(lines[start])[1:]
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        clip, *answers = cells_of(line)
        words = [answer.split(" ") for answer in answers]
        rows.append((clip, [(one[0], float(one[1]) if len(one) > 1 else 0.0) for one in words]))
    return names, rows


def cells_of(line: str) -> list[str]:
    """The cells of a row of a Markdown table."""
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def main(arguments: list[str] | None = None) -> int:
    """Run the script and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m recipes.clips.draw_real_clips", description="draw what real_clips printed"
    )
    parser.add_argument("tables", type=Path, help="file with what real_clips printed")
    parser.add_argument("out", type=Path, help="figure to write, .svg")
    return exit_status(run, parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
