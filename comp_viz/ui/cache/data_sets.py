"""Data sets and what is computed from them alone, shared by all visitors; clips stay with their own."""

from pathlib import Path

import streamlit as st

from comp_viz.analysis.data.linear_probe import LinearProbe, fit_linear_probe
from comp_viz.data.dataset import DataSet
from comp_viz.data.header import Header
from comp_viz.data.lab.model import LAB_WIDTHS
from comp_viz.data.lab.settings import LabSettings
from comp_viz.data.source import EXAMPLE, LAB, data_files, data_root, example_table, is_lab, open_data, peek_data
from comp_viz.data.summary import Summary, summarise_data
from comp_viz.errors import CompVizError
from comp_viz.last_change import last_change
from comp_viz.ui.cache import session_clips
from comp_viz.ui.cache.checkpoints import open_checkpoint
from comp_viz.ui.cache.per_session import is_clip, keep_data, keep_resource
from comp_viz.ui.cache.probe_fit import ProbeFit

FRESH = 3  # seconds that a look into the folders of the data root counts for all visitors


def open_data_set(name: str, root: str) -> DataSet:
    """The data set called `name` in the folder `root`, shared by all sessions; read anew when its file changed.

    The name of a clip means one of this session's.
    """
    if is_clip(name):
        return session_clips.clip_data_set(name)
    return _data_set(name, root, last_change(_place(name, root)))


@st.cache_resource(max_entries=6, show_spinner="Reading the data set …")
def _data_set(name: str, root: str, changed: int) -> DataSet:
    return open_data(name if is_lab(name) else str(_place(name, root)))


def _place(name: str, root: str) -> Path:
    own = Path(root) / name
    return example_table() if name == EXAMPLE and not own.exists() else own


def data_names() -> list[str]:
    """Data sets of this machine and clips of this session, the lab last."""
    return [*files_of_data(), *session_clips.clip_names(), LAB]


def files_of_data() -> list[str]:
    """Names of the data sets in the data root; what changes inside its folders is seen within seconds."""
    return _files_of_data(data_root(), last_change(data_root()))


@st.cache_data(max_entries=4, ttl=FRESH, show_spinner=False)
def _files_of_data(root: Path, changed: int) -> list[str]:
    return data_files()


def fitting_data(name: str, device: str, labs: tuple[str, ...]) -> list[str]:
    """Data sets with the modalities, widths and kind of labels the checkpoint was built for; the lab and `labs` last.

    Of this session's clips and the example those whose features were made as the checkpoint's were, ahead of the lab.

    The lab that a checkpoint was trained on comes first among them.
    """
    opened = open_checkpoint(name, device)
    trained = opened.card.data.name if opened.card.data else LAB
    header = Header(opened.config.widths, bool(opened.card.task.classes))
    paths = {name: data_root() / name for name in files_of_data()}
    files = [name for name, path in paths.items() if _header(path, last_change(path)) == header]
    fitting_labs = [lab for lab in dict.fromkeys((trained, LAB, *labs)) if _lab_header(lab) == header]
    clips = session_clips.clips_for_checkpoint(opened.card, opened.config.max_length)
    example = [EXAMPLE] if opened.card.sources == _example_sources() else []
    return [*files, *clips, *example, *fitting_labs]


@st.cache_data(max_entries=64, show_spinner=False)
def _header(path: Path, changed: int) -> Header | None:
    return peek_data(path)


@st.cache_data(show_spinner=False)
def _example_sources() -> dict[str, str]:
    return dict(open_data(str(example_table())).sources)


def _lab_header(name: str) -> Header | None:
    try:
        return Header(dict(LAB_WIDTHS), bool(LabSettings.parse(name).classes))
    except CompVizError:  # the name of something else
        return None


@keep_data(max_entries=64, show_spinner=False)
def data_summary(name: str, root: str, digest: str) -> Summary:
    """What a data set holds, in numbers."""
    return summarise_data(open_data_set(name, root))


@keep_data(max_entries=64, show_spinner="Fitting the linear probe …")
def linear_probe(name: str, root: str, digest: str) -> LinearProbe:
    """The linear probe of a data set. Raises `CompVizError` when its labels do not allow one."""
    if is_clip(name):  # of one session, which another thread does not know
        return fit_linear_probe(open_data_set(name, root))
    return linear_probe_fit(name, root, digest).begin().result()


@keep_resource(max_entries=64, show_spinner=False)
def linear_probe_fit(name: str, root: str, digest: str) -> ProbeFit:
    """Its fit, which may not have begun: it takes seconds, for which no chart has to wait."""
    return ProbeFit(lambda: fit_linear_probe(open_data_set(name, root)))
