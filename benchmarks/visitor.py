"""A visitor of a running dashboard without a browser: speaks Streamlit's protocol, as the page's own script does."""

import json
import time
from base64 import b64decode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import numpy as np
from numpy.typing import NDArray
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

PATIENCE = 600  # seconds for one page


@dataclass
class PageShown:
    """What came for one page."""

    page: str
    seconds: float = 0.0
    received: int = 0  # bytes
    charts: list[str] = field(default_factory=list)  # JSON of each figure
    exceptions: list[str] = field(default_factory=list)


class Visitor:
    """One session. A context manager; it ends as when a browser is closed."""

    def __init__(self, address: str) -> None:
        """Connect to the dashboard at an address such as `http://localhost:8501`."""
        self.socket = connect(
            f"{address.replace('http', 'ws', 1).rstrip('/')}/_stcore/stream",
            subprotocols=["streamlit"], max_size=None, open_timeout=60, ping_timeout=None,
        )  # fmt: skip

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(self, *failure: object) -> None:
        self.socket.close()

    def open(self, page: str, **address: str) -> PageShown:
        """Open a page and wait until its script has ended. Raises `TimeoutError` when it never does."""
        question = BackMsg()
        question.rerun_script.query_string = urlencode(address)
        question.rerun_script.page_name = page
        shown, begin = PageShown(page), time.monotonic()
        self.socket.send(question.SerializeToString())
        while not self.note(shown, begin + PATIENCE - time.monotonic()):
            pass
        shown.seconds = time.monotonic() - begin
        return shown

    def note(self, shown: PageShown, patience: float) -> bool:
        """Note the next message; whether it says that the script has ended."""
        content = self.socket.recv(timeout=patience)
        message = ForwardMsg.FromString(content)
        shown.received += len(content)
        kind = message.WhichOneof("type")
        if kind == "delta":
            note_element(message.delta.new_element, shown)
        return kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN


def note_element(element: Any, shown: PageShown) -> None:
    """Note what an element shows, where that is a chart or an error."""
    kind = element.WhichOneof("type")
    if kind == "plotly_chart":
        shown.charts.append(element.plotly_chart.spec)
    elif kind == "exception":
        shown.exceptions.append(element.exception.message)


def chart_values(spec: str) -> NDArray[np.float64]:
    """The numbers that a chart draws upwards, all traces one after the other, of its JSON."""
    drawn = [numbers(trace.get("y")) for trace in json.loads(spec)["data"]]
    return np.concatenate([np.zeros(0), *drawn])


def numbers(packed: Any) -> NDArray[np.float64]:
    """Numbers of a trace, which Plotly packs as the bytes of an array; none of what is no such array."""
    if not isinstance(packed, dict):
        return np.zeros(0)
    return np.frombuffer(b64decode(packed["bdata"]), f"<{packed['dtype']}").astype(float)
