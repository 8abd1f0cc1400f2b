"""Which extractors can be used on this machine, and the command that mends each that cannot."""

import re

import streamlit as st

from comp_viz.clips import decode, faces, whisper
from comp_viz.clips.extractors.registry import EXTRACTORS
from comp_viz.clips.requirements import CLIPS
from comp_viz.clips.source import DEFAULT_EXTRACTORS
from comp_viz.figures.style import modality_marks

COMMAND = re.compile(r"Run ((?:pip|apt-get|hf|make|comp-viz) [^,.]*)")


def clip_requirements() -> list[tuple[str, str, str, str]]:
    """Name, what it is for, licence and what is missing ("" when it is ready) of everything a clip is read with."""
    marks = modality_marks(tuple({extractor.modality for extractor in EXTRACTORS.values()}))
    parts = [
        ("PyAV", "decoding of sound and pictures", "BSD-3-Clause", decode.decoder_missing() or ""),
        ("Whisper base", "words with their times", "MIT / MIT", whisper.whisper_missing() or ""),
        ("FaceLandmarker", "faces with landmarks", "Apache-2.0 / Apache-2.0", faces.faces_missing() or ""),
    ]
    parts += [
        (e.name, f"{marks[e.modality]} {e.modality}, {e.dims} features. {e.about}", e.licence, e.ready() or "")
        for e in EXTRACTORS.values()
    ]
    return parts


def install_command(problem: str) -> str:
    """The command in a sentence that says what is missing; "" where it names none."""
    match = COMMAND.search(problem)
    return match.group(1).strip() if match else ""


def draw_requirements() -> None:
    """One row each; those that are not ready say what to do."""
    parts = clip_requirements()
    ready = sum(not missing for *_, missing in parts)
    if not ready:
        st.info(
            "What reads clips is not installed, because no other page needs it. This command installs it, about 900 MB; the dashboard "
            "may stay open, and the page is to be loaded again afterwards.",
            icon=":material/handyman:",
        )
        st.code(CLIPS, language="bash")
    for name, about, licence, missing in parts:
        left, right = st.columns([2, 5], vertical_alignment="top")
        left.markdown(
            f":{'gray' if missing else 'green'}[:material/{'block' if missing else 'check_circle'}:] **{name}**"
        )
        right.markdown(f"{about}  \n:gray[Licence (code / weights): {licence}]")
        if missing:
            right.markdown(f"**Missing**: {missing}")
            if do := install_command(missing):
                right.code(do, language="bash")


def default_extractors_ready() -> bool:
    """Whether everything that clips are read with by default is ready."""
    usual = {name for _, names in DEFAULT_EXTRACTORS for name in names}
    return not any(missing for name, *_, missing in clip_requirements() if name in usual or name not in EXTRACTORS)


def requirements_title() -> str:
    """How much is ready, for the heading of the panel."""
    parts = clip_requirements()
    ready = sum(not missing for *_, missing in parts)
    return f"What clips are read with: {ready} of {len(parts)} installed"
