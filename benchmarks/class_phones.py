"""Phones of a class without a browser each: they ask the server what the phones' page asks, follow, and choose."""

import gzip
import http.client
import json
import random
import re
import time

from benchmarks.many_at_once import ManyAtOnce

PATIENCE = 60  # seconds
LINGER = 1.0  # seconds within which a phone chooses after a step came


class ClassPhones(ManyAtOnce):
    """Phones that each follow the class."""

    def __init__(self, port: int, count: int, modalities: int = 3) -> None:
        self.port, self.count, self.modalities = port, count, modalities
        self.shown: dict[int, dict[int, float]] = {}  # step -> phone -> when its page was there, in seconds since 1970
        self.chosen: dict[int, dict[int, int]] = {}  # step -> phone -> modality that the server counted
        self.answers: dict[int, dict[int, list[int]]] = {}  # step -> phone -> counts that it was told
        self.failures: list[str] = []
        super().__init__(count)

    def visit(self, number: int) -> None:
        """One phone."""
        try:
            Phone(self, number).follow()
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.failures.append(f"phone {number}: {type(error).__name__}: {error}")


class Phone:
    """One of them, with its connection, what it fetched, and its random number."""

    def __init__(self, phones: ClassPhones, number: int) -> None:
        self.phones, self.number = phones, number
        self.chance = random.Random(number)
        self.id = f"{self.chance.getrandbits(128):032x}"
        self.kept: dict[str, str] = {}  # path -> tag of the page
        self.connection = http.client.HTTPConnection("localhost", phones.port, timeout=PATIENCE)

    def follow(self) -> None:
        """Ask where the class is, fetch its page, choose; again and again."""
        self.get("/hall/")
        version = ""
        while not self.phones.over.is_set():
            status, body = self.get(f"/hall/state?after={version}&phone={self.id}")
            if status == 204:
                continue
            state = json.loads(body)
            version = state["version"]
            step = state["step"]
            for shown, answers in state["shown"].items():
                self.phones.answers.setdefault(int(shown), {}).setdefault(self.number, answers["counts"])
            if state["ready"] and self.number not in self.phones.shown.setdefault(step, {}):
                self.open(f"/hall/{state['story']}/step-{step + 1}.html")
                self.phones.shown[step][self.number] = time.time()
                time.sleep(LINGER * self.chance.random())
                self.choose(state["round"], step)

    def open(self, path: str) -> None:
        """Fetch a page and what it loads, where that is not here already, as a browser does."""
        status, body = self.get(path, {"If-None-Match": self.kept[path]} if path in self.kept else {})
        if status == 304:
            return
        for part in re.findall(rb'<script src="(parts/[^"]+)"', gzip.decompress(body)):
            below = f"{path.rpartition('/')[0]}/{part.decode()}"
            if below not in self.kept:
                self.get(below)
                self.kept[below] = ""

    def choose(self, round_: str, step: int) -> None:
        """Choose a modality, change one's mind in one of three cases."""
        for _ in range(1 + (self.chance.random() < 1 / 3)):
            modality = self.chance.randrange(self.phones.modalities)
            choice = json.dumps({"round": round_, "step": step, "phone": self.id, "modality": modality})
            self.connection.request("POST", "/hall/choice", choice, {"Content-Type": "application/json"})
            reply = self.connection.getresponse()
            reply.read()
            if reply.status != 204:
                raise ValueError(f"the choice was answered with {reply.status}")
            self.phones.chosen.setdefault(step, {})[self.number] = modality

    def get(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
        """What the server answers, compressed as it comes."""
        self.connection.request("GET", path, headers={"Accept-Encoding": "gzip"} | (headers or {}))
        reply = self.connection.getresponse()
        body = reply.read()
        if tag := reply.headers.get("ETag"):
            self.kept[path] = tag
        if reply.status >= 400:
            raise ValueError(f"{path} was answered with {reply.status}")
        return reply.status, body
