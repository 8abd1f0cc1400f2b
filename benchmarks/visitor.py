"""A visitor of a running dashboard without a browser: speaks Streamlit's protocol, as the page's own script does."""

import json
import time
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import numpy as np
from numpy.typing import NDArray
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

PATIENCE = 600  # seconds for one page
XSRF = "_streamlit_xsrf"  # the cookie whose value an upload repeats
BOUNDARY = "comp-viz-visitor"


@dataclass(frozen=True)
class Widget:
    """Something that a visitor can press or hand a file to."""

    id: str
    fragment: str  # the part of the page that runs when it is used; "" for the whole page


@dataclass
class PageShown:
    """What came for one page, or for a part of it that ran again."""

    page: str
    seconds: float = 0.0
    received: int = 0  # bytes
    charts: list[str] = field(default_factory=list)  # JSON of each figure
    exceptions: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)  # what the page itself says is wrong
    widgets: dict[str, Widget] = field(default_factory=dict)  # by label
    ticks: dict[str, float] = field(default_factory=dict)  # parts that run again by themselves, every so many seconds


class Visitor:
    """One session. A context manager; it ends as when a browser is closed."""

    def __init__(self, address: str) -> None:
        """Connect to the dashboard at an address such as `http://localhost:8501`."""
        self.address = address.rstrip("/")
        self.session = self.page_hash = self.query = ""  # as the server and the browser's line of addresses have them
        self.held: dict[str, WidgetState] = {}  # by the number of the widget, until another page is opened
        self.shown = PageShown("")
        self.socket = connect(
            f"{self.address.replace('http', 'ws', 1)}/_stcore/stream",
            subprotocols=["streamlit"], max_size=None, open_timeout=60, ping_timeout=None,
        )  # fmt: skip

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(self, *failure: object) -> None:
        self.socket.close()

    def open(self, page: str, **address: str | list[str]) -> PageShown:
        """Open a page and wait until its script has ended. Raises `TimeoutError` when it never does."""
        self.query, self.page_hash = urlencode(address, doseq=True), ""
        self.held.clear()
        self.shown = PageShown(page)
        question = BackMsg()
        question.rerun_script.page_name = page
        return self.run(question)

    def press(self, label: str) -> PageShown:
        """Press a button of the page."""
        widget = self.shown.widgets[label]
        return self.run(self.change(widget, WidgetState(id=widget.id, trigger_value=True)))

    def upload(self, label: str, name: str, content: bytes) -> PageShown:
        """Hand a file over. Raises `HTTPError` when the server takes it not."""
        widget = self.shown.widgets[label]
        place = self.place_for(name)
        self.put(place.upload_url, name, content)
        state = self.held[widget.id] = WidgetState(id=widget.id)
        state.file_uploader_state_value.uploaded_file_info.add(
            file_id=place.file_id, name=name, size=len(content), file_urls=place
        )
        return self.run(self.change(widget))

    def wait(self, enough: Callable[[PageShown], bool], seconds: float) -> bool:
        """Stay, with parts of the page running again by themselves, until it is enough or the time is over; whether it was."""
        end = time.monotonic() + seconds
        while not enough(self.shown) and self.shown.ticks and time.monotonic() < end:
            fragment, pause = next(iter(self.shown.ticks.items()))
            time.sleep(pause)
            question = BackMsg()
            question.rerun_script.fragment_id, question.rerun_script.is_auto_rerun = fragment, True
            self.run(question)
        return enough(self.shown)

    def change(self, widget: Widget, *triggers: WidgetState) -> BackMsg:
        """What says that a widget was used: the state of every widget that was, as a browser sends it."""
        question = BackMsg()
        question.rerun_script.fragment_id = widget.fragment
        question.rerun_script.widget_states.widgets.extend([*self.held.values(), *triggers])
        return question

    def run(self, question: BackMsg) -> PageShown:
        """Send it and wait until the script has ended; what it showed. A part that ran leaves the other parts' widgets."""
        begin = time.monotonic()
        question.rerun_script.query_string, question.rerun_script.page_script_hash = self.query, self.page_hash
        part = bool(question.rerun_script.fragment_id)
        last = self.shown
        self.shown = (
            PageShown(last.page, widgets=dict(last.widgets), ticks=dict(last.ticks)) if part else PageShown(last.page)
        )
        self.socket.send(question.SerializeToString())
        while not self.note(begin + PATIENCE - time.monotonic()):
            pass
        self.shown.seconds = time.monotonic() - begin
        return self.shown

    def note(self, patience: float) -> bool:
        """Note the next message; whether it says that the script has ended."""
        content = self.socket.recv(timeout=patience)
        message, shown = ForwardMsg.FromString(content), self.shown
        shown.received += len(content)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.session = message.new_session.initialize.session_id
        elif kind == "navigation":
            self.page_hash = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "delta":
            note_element(message.delta.new_element, message.delta.fragment_id, shown)
        elif kind == "auto_rerun":
            shown.ticks[message.auto_rerun.fragment_id] = message.auto_rerun.interval
        elif kind == "stop_auto_rerun":
            shown.ticks.pop(message.stop_auto_rerun.fragment_id, None)
        if kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            self.shown = PageShown(shown.page, received=shown.received, exceptions=shown.exceptions)
            return False
        return kind == "script_finished"

    def place_for(self, name: str) -> FileURLs:
        """Where a file is to be sent, asked of the server."""
        question = BackMsg()
        question.file_urls_request.request_id = name
        question.file_urls_request.file_names.append(name)
        question.file_urls_request.session_id = self.session
        self.socket.send(question.SerializeToString())
        while True:
            message = ForwardMsg.FromString(self.socket.recv(timeout=PATIENCE))
            if message.WhichOneof("type") == "file_urls_response":
                return message.file_urls_response.file_urls[0]

    def put(self, place: str, name: str, content: bytes) -> None:
        """Send a file, with the cookie that the server gives to browsers."""
        with urlopen(f"{self.address}/_stcore/health", timeout=60) as answer:
            cookie = SimpleCookie(answer.headers.get("Set-Cookie", ""))
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n\r\n'
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        if XSRF in cookie:
            headers |= {"X-Xsrftoken": cookie[XSRF].value, "Cookie": f"{XSRF}={cookie[XSRF].value}"}
        body = head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
        urlopen(Request(self.address + place, body, headers, method="PUT"), timeout=PATIENCE).read()


def note_element(element: Any, fragment: str, shown: PageShown) -> None:
    """Note what an element shows, where that is a chart, an error or something to be used."""
    kind = element.WhichOneof("type")
    if kind == "plotly_chart":
        shown.charts.append(element.plotly_chart.spec)
    elif kind == "exception":
        shown.exceptions.append(element.exception.message)
    elif kind == "alert" and element.alert.format in (element.alert.ERROR, element.alert.WARNING):
        shown.errors.append(element.alert.body)
    elif kind in ("button", "file_uploader"):
        widget = getattr(element, kind)
        if not widget.disabled:
            shown.widgets[widget.label] = Widget(widget.id, fragment)


def chart_values(spec: str) -> NDArray[np.float64]:
    """The numbers that a chart draws upwards, all traces one after the other, of its JSON."""
    drawn = [numbers(trace.get("y")) for trace in json.loads(spec)["data"]]
    return np.concatenate([np.zeros(0), *drawn])


def numbers(packed: Any) -> NDArray[np.float64]:
    """Numbers of a trace, which Plotly packs as the bytes of an array; none of what is no such array."""
    if not isinstance(packed, dict):
        return np.zeros(0)
    return np.frombuffer(b64decode(packed["bdata"]), f"<{packed['dtype']}").astype(float)
