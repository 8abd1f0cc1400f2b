"""What a page draws: one conversation, read by one checkpoint under the missing pattern in force."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.inside import Inside
from comp_viz.analysis.prediction import FUSED, Prediction
from comp_viz.analysis.query import Query
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.conversation import Bools, Conversation
from comp_viz.data.dataset import DataSet
from comp_viz.data.source import data_root
from comp_viz.errors import CompVizError
from comp_viz.network.intervention import AS_TRAINED, Intervention
from comp_viz.report.origin import Origin
from comp_viz.ui.cache.predictions import cached_inside, cached_prediction
from comp_viz.ui.frame.address_state import address_value, keep_address
from comp_viz.ui.frame.arrival import GO
from comp_viz.ui.frame.pattern_builder import draw_pattern_preview
from comp_viz.ui.frame.pattern_state import pattern_choice, pattern_matrix, remember_for_undo, set_pattern
from comp_viz.ui.frame.report_collector import begin_report, page_report
from comp_viz.wording import shortened

FRAMED = "framed"  # where the session keeps the choice that the sidebar's controls were drawn for


@dataclass(frozen=True)
class PageView:
    """Everything a page needs to draw itself."""

    name: str  # of the checkpoint
    checkpoint: Checkpoint
    device: str
    data_name: str
    data: DataSet
    conversation: Conversation
    observed: Bools  # [S, M], the missing pattern in force
    place: DeltaGenerator | None  # where the sidebar shows the pattern, on pages that look at one conversation

    def query(self, observed: Bools | None = None, changed: Intervention = AS_TRAINED) -> Query:
        """What cached calls are asked: of this view under the pattern in force or another, of the network as trained or not."""
        return Query(
            checkpoint=self.name,
            checkpoint_digest=self.checkpoint.digest,
            device=self.device,
            data=self.data_name,
            data_digest=self.data.digest,
            root=str(data_root()),
            conversation=self.conversation.id,
            observed=(self.observed if observed is None else observed).tobytes(),
            changed=changed,
        )

    def predict(self, observed: Bools, changed: Intervention = AS_TRAINED) -> Prediction:
        """The model's prediction for the conversation under a pattern; cached."""
        return cached_prediction(self.query(observed, changed))

    def inside(self, observed: Bools | None = None, changed: Intervention = AS_TRAINED) -> Inside:
        """Everything inside the forward pass, under the pattern in force or another; cached and shared, not to be changed."""
        return cached_inside(self.query(observed, changed))

    def now(self) -> "PageView":
        """The view under the pattern now in force, which it shows in the sidebar; the first thing a page asks for.

        A fragment runs again without the frame around it. Where the sidebar's controls would have to be others, or another
        page is to be opened, the whole page is run instead.
        """
        if pattern_choice().outline != st.session_state[FRAMED] or GO in st.session_state:
            st.rerun()
        keep_address()
        set_pattern(pattern_choice())
        remember_for_undo((self.data_name, self.conversation.id))
        view = replace(self, observed=pattern_matrix(self.conversation, self.data.task)[0])
        if view.place is not None:
            draw_pattern_preview(view.place, view.conversation, view.observed)
        begin_report(page_report().page, view.origin)
        return view

    @property
    def origin(self) -> Origin:
        """Where numbers of this view come from."""
        choice = pattern_choice()
        return Origin(
            self.name, self.checkpoint, self.data_name, self.data, self.conversation, choice.text, choice.seed
        )

    def link(self) -> str:
        """The address of exactly this view, also of what is at its default."""
        parts = self.origin.address | {"utterance": address_value("utterance", "1")}
        return f"{(st.context.url or '').split('?')[0]}?{urlencode(parts)}"


def check_finite(view: PageView) -> None:
    """Raise `CompVizError` where the model's numbers left the range of single precision: charts would be empty without a word."""
    prediction = view.predict(view.observed)
    numbers = {FUSED: prediction.fused, **prediction.heads}
    wrong = [name for name, values in numbers.items() if not np.isfinite(values).all()]
    if wrong:
        raise CompVizError(
            f"Checkpoint {view.name!r} predicts numbers that are not finite for conversation {shortened(view.conversation.id, 80)!r} ({', '.join(wrong)}), "
            "so that nothing is shown of it. Its weights or the features are too large: see what `comp-viz data check` says of the "
            "data set, and what `comp-viz evaluate` says of the checkpoint on other data."
        )
