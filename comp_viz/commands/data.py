"""`data`: bring data sets into one file, say what is in them, and what is wrong with them."""

import argparse
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from comp_viz.commands.data_text import data_facts, description, problem_lines, repair_lines, unused_lines, write_report
from comp_viz.data.check import check_data, damage
from comp_viz.data.conversation import Task
from comp_viz.data.dataset import DataSet, cut_into_windows
from comp_viz.data.labels.retask import with_reading
from comp_viz.data.published.layout import is_published, read_chosen
from comp_viz.data.reading import FileReading
from comp_viz.data.source import data_path, is_lab, open_data
from comp_viz.data.table.writer import check_suffix, write_table
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

PROBLEMS_SHOWN = 20  # problems on the screen after an import; the report has all
SOURCE = "data file or folder, by path or by name in the data root; or 'lab'"
CHOOSE = "what the layout of a file leaves open, as pooling=last; 'data info' lists what was chosen"
REPORT = "write every finding with its place into this file"


def add(commands: Any) -> None:
    """Add this command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser("data", help="import, describe and check data sets")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    add_import(actions.add_parser("import", help="bring a data set into one .arrow or .parquet file"))
    info = actions.add_parser("info", help="what is in a data set")
    info.add_argument("source", help=SOURCE)
    add_reading(info)
    info.add_argument("--json", action="store_true", help="print JSON instead of text")
    info.set_defaults(run=run_info)
    check = actions.add_parser("check", help="what is wrong with a data set; exit status 1 when anything is")
    check.add_argument("source", help=SOURCE)
    add_reading(check)
    check.add_argument("--report", type=Path, metavar="FILE.csv", help=REPORT)
    check.set_defaults(run=run_check)


def add_import(parser: argparse.ArgumentParser) -> None:
    """Flags of `data import`."""
    parser.add_argument("source", help=SOURCE)
    parser.add_argument("out", type=Path, help="file to write: .arrow, opened without reading it, or .parquet, smaller")
    parser.add_argument("--force", action="store_true", help="replace the file where it exists")
    parser.add_argument("--half", action="store_true", help="store features in 16 bits")
    parser.add_argument("--window", type=int, metavar="N", help="cut conversations into parts of at most N utterances")
    parser.add_argument("--name", help="name of the data set")
    parser.add_argument("--licence", help="who may use the data, and for what")
    add_reading(parser)
    parser.add_argument("--report", type=Path, metavar="FILE.csv", help=REPORT)
    published = parser.add_argument_group("published layout")
    published.add_argument(
        "--extractor", nargs="+", default=[], metavar="MODALITY=FOLDER", help="whose features to take; no FOLDER: none"
    )
    published.add_argument("--fold", type=int, metavar="SESSION", help="of IEMOCAP, the one to test on; default: 5")
    parser.set_defaults(run=run_import)


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Flags that say how a file is read: what its layout leaves open, and what the labels are."""
    parser.add_argument("--choose", nargs="+", default=[], metavar="NAME=VALUE", help=CHOOSE)
    parser.add_argument("--task", metavar="NAME", help="what the labels say, in a word: sentiment, emotion")
    labels = parser.add_mutually_exclusive_group()
    labels.add_argument("--scale", nargs=3, type=float, metavar=("LOW", "NEUTRAL", "HIGH"), help="labels are scores")
    labels.add_argument("--classes", metavar="NAME,NAME,…", help="labels are these classes, by name or counted from 0")
    parser.add_argument(
        "--unknown", default="", metavar="LABEL,LABEL,…", help="labels that mean that there is none: --unknown=-1,xxx"
    )


def run_info(options: argparse.Namespace) -> None:
    """Say what is in a data set."""
    data = with_task_name(open_data(options.source, wanted_reading(options)), options.task)
    print(json.dumps(data_facts(data), indent=1, ensure_ascii=False) if options.json else description(data))


def run_check(options: argparse.Namespace) -> int:
    """List what is wrong with a data set."""
    findings = check_data(options.source, wanted_reading(options))
    if options.report:
        write_report(options.report, findings)
    problems, unused = problem_lines(findings), unused_lines(findings)
    fine = "Nothing is wrong with what is read." if unused else "Nothing is wrong."
    print("\n".join([*(problems or [fine]), *unused, *repair_lines(findings)]))
    return 1 if problems else 0


def run_import(options: argparse.Namespace) -> None:
    """Read, change what the flags say, write, and say what came of it."""
    check_suffix(options.out)
    if options.out.exists() and not options.force:
        raise CompVizError(f"{options.out} exists already. Give another name, or --force to replace it.")
    data = changed(read_source(options), options)
    data = replace(data, digest=write_table(options.out, data, options.half))
    if options.report:
        write_report(options.report, data.findings)
    print(
        "\n".join(
            [
                description(data),
                *problem_lines(data.findings, PROBLEMS_SHOWN),
                *unused_lines(data.findings),
                f"Wrote {options.out}.",
            ]
        )
    )


def read_source(options: argparse.Namespace) -> DataSet:
    """The source, with its labels read as the flags say."""
    reading = wanted_reading(options)
    path = None if is_lab(options.source) else data_path(options.source)
    if path and is_published(path):
        extractors = {f"extractor.{u}": folder for u, folder in settings("--extractor", options.extractor).items()}
        fold = {} if options.fold is None else {"fold": str(options.fold)}
        data = read_with_progress(path, {**reading.choices, **extractors, **fold})
        return with_reading(data, reading)
    if options.extractor or options.fold is not None:
        raise CompVizError(
            f"--extractor and --fold are for the published layout; {options.source} is not of it. For other layouts they are "
            "--choose extractor.MODALITY=FOLDER and --choose fold=SESSION."
        )
    if damaged := damage(options.source):  # else it would get a new digest, and nobody could tell any more
        raise CompVizError(f"{damaged[0]}. Get or make the file again.")
    return open_data(options.source, reading)


def wanted_reading(options: argparse.Namespace) -> FileReading:
    """How the flags say that the source is to be read."""
    unknown = tuple(text.strip() for text in options.unknown.split(",") if text.strip())
    return FileReading(wanted_task(options), unknown, settings("--choose", options.choose))


def wanted_task(options: argparse.Namespace) -> Task | None:
    """The task that the flags set, without a name where they give none."""
    if options.scale:
        low, neutral, high = options.scale
        return Task(options.task or "", low=low, neutral=neutral, high=high)
    if options.classes is None:
        return None
    names = tuple(name.strip() for name in options.classes.split(","))
    if len(set(names)) < len(names) or "" in names:
        raise CompVizError(
            f"--classes: expected different names with commas between, got {shortened(options.classes, 80)!r}."
        )
    return Task(options.task or "", names)


def settings(flag: str, texts: list[str]) -> Mapping[str, str]:
    """`NAME=VALUE` as a mapping."""
    if odd := [text for text in texts if "=" not in text]:
        expected = "MODALITY=FOLDER" if flag == "--extractor" else "NAME=VALUE"
        raise CompVizError(f"{flag}: expected {expected}, got {shortened(odd[0], 80)!r}.")
    return dict(text.split("=", 1) for text in texts)


def read_with_progress(path: Path, choices: Mapping[str, str]) -> DataSet:
    """A data set of the published layout, read under a progress bar."""
    with tqdm(unit="file", disable=None) as bar:

        def progress(done: int, of: int) -> None:
            bar.total = of
            bar.update(done - bar.n)

        return read_chosen(path, choices, progress)


def changed(data: DataSet, options: argparse.Namespace) -> DataSet:
    """The data set under the name, licence and task name of the flags, cut into windows."""
    data = replace(data, name=options.name or data.name, licence=options.licence or data.licence)
    data = with_task_name(data, options.task)
    if options.window is None:
        return data
    if options.window < 1:
        raise CompVizError(f"--window: expected at least 1 utterance, got {options.window}.")
    return replace(data, conversations=tuple(cut_into_windows(data.conversations, options.window)), digest="")


def with_task_name(data: DataSet, name: str | None) -> DataSet:
    """The data set with its task called `name`, where one is given."""
    if not name or name == data.task.name:
        return data
    return replace(data, task=replace(data.task, name=name), digest="")
