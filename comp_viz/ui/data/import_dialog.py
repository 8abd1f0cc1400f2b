"""The import dialog: hand over files, see what they were recognised as, correct it by menus, and save it as a data set."""

import re
import shutil
from contextlib import nullcontext
from pathlib import Path
from secrets import token_hex

import pandas as pd
import streamlit as st

from comp_viz.data.conversation import Task
from comp_viz.data.dataset import DataSet
from comp_viz.data.intake.keep import save_data
from comp_viz.data.intake.menus import Menu, menus_of
from comp_viz.data.intake.preview import FIRST_ROWS, first_rows, kind_of
from comp_viz.data.intake.store import store_files
from comp_viz.data.memory_budget import visitors_file
from comp_viz.data.published.layout import data_sets_in, is_published
from comp_viz.data.reading import PLAIN_READING, FileReading
from comp_viz.data.source import data_root, open_data
from comp_viz.data.summary import summarise_data
from comp_viz.errors import CompVizError
from comp_viz.ui.cache.session_clips import session_clips
from comp_viz.ui.frame.errors_in_words import errors_in_words
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.widgets.written import draw_table
from comp_viz.wording import how_many, percent, shortened

MEGABYTES = 1024  # of one file handed over in the browser
HANDED_OVER, SAVED = "import handed over", "import saved"
AS_HELD, SCORES, CLASSES = "as the labels say", "scores on a scale", "classes"
GUIDE = (
    "A table with one row an utterance (CSV, JSONL, Parquet, Arrow, Excel), an .npz, a pickle of MMSA, a folder of the published "
    "layout, or a .zip of any of these. It stays on this server, in a temporary folder of your visit, until it is saved."
)


@st.dialog("Import a data set", width="large")
@errors_in_words()
def import_dialog(place: str = "") -> None:
    """The dialog; `place` is a file of the data root to read, else one is handed over."""
    path = data_root() / place if place else handed_over()
    if path is None:
        return
    if is_published(path) and len(sets := data_sets_in(path)) > 1:
        path = st.selectbox("Labels", sets, key="import label file", format_func=lambda labels: labels.name)
    try:
        with nullcontext() if place else visitors_file():
            kind, menus = kind_of(path), menus_of(path, PLAIN_READING)
    except CompVizError as error:
        st.error(what_is_wrong(error), icon=":material/error:")
        return
    reading = reading_menus(menus)
    try:
        with st.spinner("Reading …"), nullcontext() if place else visitors_file():
            data = open_data(str(path), reading)
    except CompVizError as error:
        st.error(f"Recognised as {escape_markdown(kind)}, but: {what_is_wrong(error)}", icon=":material/error:")
        st.caption("Correct it in the menus above, where they can.")
        return
    show_recognised(kind, data)
    saving_controls(data, path)


def take_saved(names: list[str]) -> None:
    """Browse what was just saved; to be called before the menu of data sets is drawn."""
    saved = st.session_state.pop(SAVED, None)
    if saved in names:
        st.session_state["browse"] = saved
        st.toast(f"Saved {escape_markdown(saved)}", icon=":material/save:")


def handed_over() -> Path | None:
    """What was uploaded, in a folder of this visit; None when there is nothing yet, or it could not be taken."""
    whole = st.segmented_control(
        "Hand over", ["Files", "A folder"], default="Files", key="import what", width="content"
    )
    files = st.file_uploader(
        "A folder" if whole == "A folder" else "One file, several parts, or a .zip",
        accept_multiple_files="directory" if whole == "A folder" else True, key=f"import {whole}",
        max_upload_size=MEGABYTES, help=GUIDE,
    )  # fmt: skip
    if not files:
        st.caption(GUIDE)
        return None
    ids = tuple(file.file_id for file in files)
    known = st.session_state.get(HANDED_OVER)
    if known and known[0] == ids:
        return Path(known[1])
    forget_upload()
    folder = session_clips().folder / f"import-{token_hex(8)}"
    try:
        path = store_files([(file.name, file) for file in files], folder / "upload")
    except CompVizError as error:
        shutil.rmtree(folder, ignore_errors=True)
        st.error(escape_markdown(str(error)), icon=":material/error:")
        return None
    st.session_state[HANDED_OVER] = (ids, str(path), str(folder))
    return path


def what_is_wrong(error: CompVizError) -> str:
    """Why files cannot be read, in Markdown, without the place on the server where what was handed over lies."""
    known = st.session_state.get(HANDED_OVER)
    return escape_markdown(re.sub(f"{re.escape(known[2])}/(upload/)?", "", str(error)) if known else str(error))


def forget_upload() -> None:
    """Remove what was uploaded before."""
    if known := st.session_state.pop(HANDED_OVER, None):
        shutil.rmtree(known[2], ignore_errors=True)


def reading_menus(menus: list[Menu]) -> FileReading:
    """How the file is to be read, by the menus."""
    with st.expander("What is what", icon=":material/tune:", expanded=bool(menus)):
        chosen = {}
        columns = st.columns(3)
        for number, menu in enumerate(menus):
            options = list(dict.fromkeys((menu.value, *menu.options)))
            value = columns[number % 3].selectbox(
                escape_markdown(menu.title), options, key=f"import {menu.name}", format_func=lambda name: name or "none"
            )
            if value != menu.value:
                chosen[menu.name] = value
        task, unknown = label_menus()
    return FileReading(task, unknown, chosen)


def label_menus() -> tuple[Task | None, tuple[str, ...]]:
    """What the labels mean, and which of them stand for none."""
    left, middle, right = st.columns(3)
    meaning = left.selectbox("Labels are", [AS_HELD, SCORES, CLASSES], key="import what labels are")
    unknown = right.text_input("Labels that mean unknown", key="import unknown", placeholder="none; e.g. xxx, 255")
    nothing = tuple(text.strip() for text in unknown.split(",") if text.strip())
    if meaning == CLASSES:
        names = middle.text_input("Classes in order", key="import classes", placeholder="happy, sad, neutral")
        classes = tuple(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
        return (Task("emotion", classes) if len(classes) > 1 else None), nothing
    if meaning == SCORES:
        text = middle.text_input("Lowest, neutral, highest", "-3, 0, 3", key="import scale")
        try:
            low, neutral, high = map(float, text.split(","))
            return Task("sentiment", low=low, neutral=neutral, high=high), nothing
        except ValueError as error:
            middle.warning(
                str(error) if isinstance(error, CompVizError) else "Three numbers with commas, such as 1, 3, 5."
            )
    return None, nothing


def show_recognised(kind: str, data: DataSet) -> None:
    """What the file was recognised as."""
    summary = summarise_data(data)
    st.markdown(f"Recognised as **{escape_markdown(kind)}**")
    features = " · ".join(f"**{escape_markdown(name)}** {width}" for name, width in data.widths.items())
    splits = ", ".join(
        f"{escape_markdown(name) or 'no split'} {utterances:,}" for name, (_, utterances) in summary.splits.items()
    )
    speakers = how_many(summary.speakers, "speaker") if summary.speakers else "speakers not stated"
    st.markdown(
        f"{how_many(summary.conversations, 'conversation')}, {how_many(summary.utterances, 'utterance')} ({splits}), {speakers}, "
        f"{percent(summary.complete, 1)} with every modality  \nFeatures: {features}  \n"
        f"Labels: {escape_markdown(data.task.name)}, {escape_markdown(shortened(data.task.scale, 400))}; {summary.unlabelled:,} unknown"
    )
    draw_table(first_rows(data), height=230)
    st.caption(
        f"The first {FIRST_ROWS} utterances; under each modality how many features it has, 0 where it is missing."
    )
    notes = [(kind, reason, count) for kind, _, reason, count in summary.findings if kind != "missing"]
    if notes:
        with st.expander(
            f"{how_many(len(notes), 'note')} on what is not used, assumed or wrong", icon=":material/info:"
        ):
            draw_table(pd.DataFrame(notes, columns=["kind", "what", "times"]), {"times": 0})


def saving_controls(data: DataSet, path: Path) -> None:
    """Name, licence, and the button that saves."""
    left, middle, right = st.columns([2, 2, 1], vertical_alignment="bottom")
    name = left.text_input("Name", path.stem, key="import name", max_chars=80)
    licence = middle.text_input("Who may use it", key="import licence", placeholder=data.licence)
    if right.button("Save", icon=":material/save:", type="primary", width="stretch", key="import save"):
        try:
            st.session_state[SAVED] = save_data(data_root(), name, data, licence)
        except (CompVizError, OSError) as error:
            st.error(escape_markdown(str(error)), icon=":material/error:")
            return
        forget_upload()
        st.rerun()
