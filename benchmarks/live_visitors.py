"""Visitors of Live without a browser each: they say to the server what browsers say when many people drag at once."""

import json
import random
import threading
import time
from typing import Any, Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from benchmarks.many_at_once import ManyAtOnce

MATRIX = "availability_matrix"
PAUSE = 2.0  # seconds between two gestures of one visitor, as a drag over the matrix takes


class LiveVisitors(ManyAtOnce):
    """Visitors that each open Live and take entries away."""

    def __init__(self, port: int, query: str, count: int) -> None:
        self.address, self.query = f"ws://localhost:{port}/_stcore/stream", query
        self.times: list[float] = []  # milliseconds from a gesture to the end of the server's run
        self.there = threading.Barrier(count + 1)
        super().__init__(count)

    @property
    def gestures(self) -> int:
        """How many there were so far."""
        return len(self.times)

    def __enter__(self) -> Self:
        super().__enter__()
        self.there.wait(timeout=600)
        time.sleep(2 * PAUSE)
        return self

    def visit(self, number: int) -> None:
        """One visitor."""
        chance = random.Random(number)
        with connect(self.address, subprotocols=["streamlit"], max_size=None, ping_interval=None) as socket:  # type: ignore[list-item]
            message = BackMsg()
            message.rerun_script.query_string = self.query.lstrip("?")
            socket.send(message.SerializeToString())
            element, fragment, data = read_run(socket)
            self.there.wait(timeout=600)
            stamp = data["stamp"]
            while not self.over.wait(PAUSE * (0.75 + chance.random() / 2)):
                stamp += 1
                observed = [list(column) for column in data["observed"]]
                begin = chance.randrange(data["utterances"])
                for s in range(begin, min(begin + 20, data["utterances"])):
                    observed[0][s] = "0"
                gesture = {
                    "observed": ["".join(column) for column in observed],
                    "utterances": [begin, begin + 1],
                    "stamp": stamp,
                }
                gesture["answer"] = data.get("here")
                start = time.perf_counter()
                socket.send(gesture_message(element, fragment, self.query, gesture))
                read_run(socket)
                self.times.append(1000 * (time.perf_counter() - start))


def gesture_message(element: str, fragment: str, query: str, gesture: dict[str, Any]) -> bytes:
    """What a browser sends when the finger lifts."""
    message = BackMsg()
    message.rerun_script.query_string = query.lstrip("?")
    message.rerun_script.fragment_id = fragment
    state = message.rerun_script.widget_states.widgets.add()
    state.id = f"$$STREAMLIT_INTERNAL_KEY_{element}__events"
    state.json_trigger_value = json.dumps([{"event": "edit", "value": gesture}])
    return message.SerializeToString()


def read_run(socket: ClientConnection) -> tuple[str, str, dict[str, Any]]:
    """Read until a run is over; the matrix's id, the fragment it is in, and its data."""
    seen: tuple[str, str, dict[str, Any]] = ("", "", {})
    while True:
        message = ForwardMsg()
        message.ParseFromString(bytes(socket.recv(timeout=120)))
        kind = message.WhichOneof("type")
        if kind == "delta" and message.delta.new_element.bidi_component.component_name.endswith(MATRIX):
            component = message.delta.new_element.bidi_component
            seen = (component.id, message.delta.fragment_id, json.loads(component.json))
        if kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            return seen
