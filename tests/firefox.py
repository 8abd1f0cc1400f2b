"""Firefox as visitors have it, driven by its own WebDriver BiDi; Playwright's Firefox is a build of its own and no package."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from browsing import WAIT
from websockets.sync.client import ClientConnection, connect

FIREFOX = next(filter(None, map(shutil.which, ("firefox-esr", "firefox"))), None)
KEYS = {"Enter": "\ue007", "ArrowRight": "\ue014", "Tab": "\ue004"}
# Everything but this machine is asked of a proxy that is not there: it has no network.
PREFERENCES = {
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "focusmanager.testmode": True,  # as if the window were in front
}


class FirefoxPage:
    """One window. `asked` are the addresses that its pages asked for, `errors` what they complained of."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket, self.numbers = socket, count(1)
        self.asked: list[str] = []
        self.errors: list[str] = []
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["network.beforeRequestSent", "log.entryAdded"])
        self.context = self.call("browsingContext.getTree")["contexts"][0]["context"]

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result; events on the way are noted."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv(timeout=WAIT / 1000))
            if message.get("method") == "network.beforeRequestSent":
                self.asked.append(message["params"]["request"]["url"])
            elif message.get("method") == "log.entryAdded" and message["params"]["level"] == "error":
                self.errors.append(message["params"]["text"])
            elif message.get("id") == number:
                assert message["type"] == "success", message
                return dict(message["result"])

    def open(self, address: str) -> None:
        """Go to an address."""
        self.call("browsingContext.navigate", context=self.context, url=address, wait="interactive")

    def size(self, width: int, height: int) -> None:
        """Give the page so many pixels."""
        self.call("browsingContext.setViewport", context=self.context, viewport={"width": width, "height": height})

    def value(self, script: str) -> Any:
        """What an expression of JavaScript, or what it promises, comes to."""
        given = self.call(
            "script.evaluate", expression=f"(async () => JSON.stringify(await ({script})))()",
            target={"context": self.context}, awaitPromise=True,
        )  # fmt: skip
        assert given["type"] == "success", given.get("exceptionDetails", {}).get("text")
        return json.loads(given["result"].get("value", "null"))

    def wait(self, script: str) -> Any:
        """The same once it is true."""
        until = time.monotonic() + WAIT / 1000
        while not (found := self.value(script)):
            assert time.monotonic() < until, f"never came true: {script}"
            time.sleep(0.05)
        return found

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        named = [KEYS.get(key, key) for key in keys]
        actions = [{"type": kind, "value": key} for key in named for kind in ("keyDown", "keyUp")]
        self.act({"type": "key", "id": "keys", "actions": actions})

    def mouse(self, *steps: str | Sequence[float]) -> None:
        """Move the mouse to places `(x, y)`, and put its button `"down"` or `"up"`."""
        named = {"down": {"type": "pointerDown", "button": 0}, "up": {"type": "pointerUp", "button": 0}}
        actions = [
            named[step] if isinstance(step, str) else {"type": "pointerMove", "x": round(step[0]), "y": round(step[1])}
            for step in steps
        ]
        self.act({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions})

    def act(self, source: dict[str, Any]) -> None:
        """Have a device do something; it stays as it is afterwards, a button that is down stays down."""
        self.call("input.performActions", context=self.context, actions=[source])


@contextmanager
def firefox(profile: Path) -> Iterator[FirefoxPage]:
    """A Firefox with a fresh profile in an empty folder."""
    assert FIREFOX
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
    (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
    command = [FIREFOX, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port=0"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr
        lines_of = iter(process.stderr.readline, "")
        found = next(filter(None, (re.search(r"BiDi listening on (ws://\S+)", line) for line in lines_of)))
        with connect(f"{found[1]}/session", max_size=None, ping_interval=None) as socket:
            yield FirefoxPage(socket)
    finally:
        process.terminate()
        process.wait(60)
