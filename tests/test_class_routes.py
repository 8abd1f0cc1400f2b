"""What phones may ask of the server and what they may not, and who may move the class."""

import asyncio
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from class_cases import PAGE, STORY, made_up_pages, phone
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from comp_viz.lecture import LECTURE
from comp_viz.ui.lecture import class_routes as routes
from comp_viz.ui.lecture.class_routes import MOST_BYTES, class_routes
from comp_viz.ui.lecture.classroom import COOKIE, Classroom, classroom
from comp_viz.ui.lecture.presenter_only import PresenterOnly
from comp_viz.ui.server_addresses import ask_nobody


@pytest.fixture
def room():
    """A class at the first of three steps."""
    ask_nobody()  # as the server's start does
    room = Classroom()
    room.hall.provide(STORY, made_up_pages())
    room.hall.begin(STORY)
    return room


@pytest.fixture
def phones(room):
    """A browser in the hall, at a server whose dashboard is a stand-in."""

    async def dashboard(request):
        return PlainTextResponse("dashboard")

    async def stream(websocket):
        await websocket.accept()
        await websocket.close()

    behind = [Route("/{path:path}", dashboard), WebSocketRoute("/_stcore/stream", stream)]
    app = Starlette(routes=[*class_routes(room), *behind], middleware=[Middleware(PresenterOnly, room=room)])
    with TestClient(app, follow_redirects=False) as client:
        yield client


def choice(room, **other):
    return {"round": room.hall.state.round, "step": 0, "phone": phone(1), "modality": 1} | other


# The presenter


def test_only_the_presenters_browser_has_the_dashboard(phones, room):
    page = phones.get("/live", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/hall/")
    assert phones.get("/media/x").status_code == 403
    assert phones.put("/_stcore/upload_file/a/b", content=b"x").status_code == 403
    with pytest.raises(WebSocketDisconnect), phones.websocket_connect("/_stcore/stream"):
        pass
    assert phones.get("/hall/presenter/guessed").status_code == 403
    assert COOKIE not in phones.cookies
    opened = phones.get(f"/hall/presenter/{room.key}")
    assert (opened.status_code, opened.headers["location"]) == (303, "/lecture")
    cookie = opened.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert phones.get("/live").text == "dashboard"
    with phones.websocket_connect("/_stcore/stream"):
        pass


def test_a_wrong_cookie_is_no_key(phones):
    for wrong in (b"", b"x", b"\xc3\xbc", b"\xff", b"a" * 10_000, b'"\\'):
        assert phones.get("/live", headers=[(b"Cookie", COOKIE.encode() + b"=" + wrong)]).status_code == 403


def test_whoever_looks_after_the_server_may_ask_for_its_health(phones):
    assert phones.get("/_stcore/health").text == "dashboard"
    assert phones.get("/_stcore/healthy").status_code == 403


def test_only_the_presenter_sees_how_many_have_chosen(phones, room):
    phones.get("/hall/state", params={"phone": phone(1)})
    room.hall.choose(room.hall.state.round, 0, phone(1), 1)
    assert phones.get("/hall/tally").status_code == 403
    phones.cookies.set(COOKIE, room.key)
    assert phones.get("/hall/tally").json() == {"phones": 1, "chosen": 1, "ready": True, "problem": ""}


def test_phones_hear_that_there_are_no_pages_and_the_presenter_alone_why(phones, room):
    room.hall.begin("f" * 16)
    room.hall.give_up("f" * 16, "There is no data file mine.arrow, neither here nor in a folder of the presenter.")
    state = phones.get("/hall/state")
    assert state.json()["problem"] is True
    assert "folder" not in state.text
    phones.cookies.set(COOKIE, room.key)
    assert "folder" in phones.get("/hall/tally").json()["problem"]


# Where the class is


def test_a_phone_hears_at_once_where_the_class_is_and_waits_for_the_next_step(phones, room):
    state = phones.get("/hall/state").json()
    assert (state["story"], state["step"], state["steps"], state["ready"]) == (STORY, 0, 3, True)
    timer = threading.Timer(0.3, room.hall.go, (STORY, 2))  # as the presenter's session does, from another thread
    begin = time.monotonic()
    timer.start()
    news = phones.get("/hall/state", params={"after": state["version"]}).json()
    assert news["step"] == 2
    assert 0.2 < time.monotonic() - begin < 5


def test_a_phone_that_waited_in_vain_is_told_so(phones, room, monkeypatch):
    monkeypatch.setattr(routes, "WAIT", 0.05)
    answer = phones.get("/hall/state", params={"after": room.hall.state.version, "phone": phone(1)})
    assert (answer.status_code, answer.content) == (204, b"")
    assert room.hall.phones() == 1


def test_a_server_that_ends_lets_nobody_wait(phones, room):
    threading.Timer(0.2, room.hall.end).start()
    begin = time.monotonic()
    for _ in range(2):  # who waits, and who comes after
        assert phones.get("/hall/state", params={"after": room.hall.state.version}).status_code == 204
    assert time.monotonic() - begin < 5


def test_phones_beyond_those_that_may_wait_are_asked_to_come_again(phones, room, monkeypatch):
    monkeypatch.setattr(routes, "MOST_WAITING", 0)
    state = phones.get("/hall/state", params={"after": room.hall.state.version}).json()
    assert (state["step"], state["again"]) == (0, routes.AGAIN)


def test_what_was_chosen_and_what_is_true_come_when_the_presenter_shows_it(phones, room):
    phones.post("/hall/choice", json=choice(room))
    assert phones.get("/hall/state").json()["shown"] == {}
    assert "contributions" not in phones.get("/hall/state").text
    room.hall.show()
    assert phones.get("/hall/state").json()["shown"] == {"0": {"counts": [0, 1, 0], "contributions": [0.1, -0.4, 0.2]}}


def test_a_number_that_no_phone_has_is_not_counted(phones, room):
    for wrong in ("", "x" * 32, "0" * 31, "0" * 33, "<script>", "A" * 32):
        phones.get("/hall/state", params={"phone": wrong})
    assert room.hall.phones() == 0


# Choices


def test_a_choice_is_counted_and_may_be_changed_until_the_answer_is_shown(phones, room):
    assert phones.post("/hall/choice", json=choice(room)).status_code == 204
    assert phones.post("/hall/choice", json=choice(room, modality=2)).status_code == 204
    assert room.hall.answers().counts == (0, 0, 1)
    room.hall.show()
    late = phones.post("/hall/choice", json=choice(room))
    assert (late.status_code, late.text) == (409, "The answer was shown already.")
    assert room.hall.state.shown[0].counts == (0, 0, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"step": -1}, {"step": "0"}, {"step": 0.5}, {"step": True}, {"step": None}, {"step": 10**30}, {"modality": "text"}, {"modality": []},
        {"phone": "me"}, {"phone": "g" * 32}, {"phone": 5}, {"phone": "0" * 32 + "\n"}, {"round": ""}, {"round": {}}, {"name": "Ada"},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_choice_is_refused(phones, room, wrong):
    answer = phones.post("/hall/choice", json=choice(room, **wrong))
    assert answer.status_code == 400
    assert answer.text == "Expected round, step, phone and modality of a choice."
    assert room.hall.answers().total == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"round":' * 20, b"1e999"])
def test_a_body_that_is_no_json_object_is_refused(phones, body):
    answer = phones.post("/hall/choice", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_what_a_form_of_another_page_could_send_is_refused(phones, room, kind):
    answer = phones.post("/hall/choice", content=json.dumps(choice(room)), headers={"Content-Type": kind})
    assert answer.status_code == 415
    assert room.hall.answers().total == 0


def test_a_long_body_is_not_read_to_its_end(phones, room):
    sent = []

    def endless():
        for _ in range(1000):
            sent.append(1)
            yield b" " * MOST_BYTES

    headers = {"Content-Type": "application/json"}
    assert phones.post("/hall/choice", content=b" " * (MOST_BYTES + 1), headers=headers).status_code == 413
    assert phones.post("/hall/choice", content=endless(), headers=headers).status_code == 413
    longest = choice(room, step=99, modality=99)
    assert len(json.dumps(longest)) < MOST_BYTES


def test_a_body_that_never_comes_is_not_waited_for(room, monkeypatch):
    monkeypatch.setattr(routes, "PATIENCE", 0.05)
    ours = routes.ClassRoutes(room)

    async def never():
        await asyncio.sleep(60)

    scope = {
        "type": "http", "method": "POST", "path": "/hall/choice", "query_string": b"", "headers": [(b"content-type", b"application/json")],
    }  # fmt: skip
    with ThreadPoolExecutor(1) as thread:  # a browser that other tests drive may run a loop in this one
        answer = thread.submit(asyncio.run, ours.choice(routes.Request(scope, never))).result()
    assert answer.status_code == 400


def test_other_origins_and_other_ways_are_refused(phones, room):
    foreign = {"Origin": "https://elsewhere.example"}
    assert phones.post("/hall/choice", json=choice(room), headers=foreign).status_code == 403
    assert phones.get("/hall/state", headers=foreign).status_code == 403
    assert phones.get(f"/hall/presenter/{room.key}", headers=foreign).status_code == 403
    assert room.hall.answers().total == 0
    own = {"Origin": "http://testserver"}
    assert phones.post("/hall/choice", json=choice(room), headers=own).status_code == 204
    for method in ("PUT", "DELETE", "PATCH", "GET"):
        assert phones.request(method, "/hall/choice", json=choice(room, modality=2)).status_code in (404, 405)
    for path in ("/hall/state", "/hall/tally", "/hall/", "/hall/nowhere", f"/hall/{STORY}/step-1.html"):
        assert phones.post(path, json=choice(room, modality=2)).status_code in (404, 405)
    assert room.hall.answers().counts == (0, 1, 0)


# Pages


def test_pages_are_asked_for_anew_and_what_they_load_is_kept(phones):
    page = phones.get(f"/hall/{STORY}/step-1.html")
    assert page.content == PAGE
    assert page.headers["content-encoding"] == "gzip"
    assert page.headers["cache-control"] == "no-cache"
    again = phones.get(f"/hall/{STORY}/step-1.html", headers={"If-None-Match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    part = phones.get(f"/hall/{STORY}/parts/wasm-00.js")
    assert part.content == b"x" * 400_000
    assert "immutable" in part.headers["cache-control"]
    plain = phones.get(f"/hall/{STORY}/step-1.html", headers={"Accept-Encoding": "identity"})
    assert plain.content == PAGE
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize("path", ["../../app.py", "%2e%2e/app.py", "parts/", "", "nothing.js", "step-1.html/x"])
def test_only_files_of_a_story_are_served(phones, path):
    answer = phones.get(f"/hall/{STORY}/{path}")
    assert answer.status_code in (303, 404, 403)
    assert b"import" not in answer.content


def test_a_page_of_a_story_there_is_not_leads_to_the_door(phones):
    gone = phones.get("/hall/ffff/step-1.html")
    assert (gone.status_code, gone.headers["location"]) == (303, "/hall/")
    assert phones.get("/hall").headers["location"] == "/hall/"
    door = phones.get("/hall/")
    assert 'base: ""' in door.text
    assert "connect-src 'self'" in door.text
    assert "http://" not in door.text.replace("http://www.w3.org/2000/svg", "")  # a name, not an address


def test_every_answer_says_what_it_is_and_where_it_may_be_shown(phones, room):
    for path in ("/hall/", "/hall/state", "/hall/tally", f"/hall/{STORY}/step-1.html", "/hall/presenter/x"):
        headers = phones.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"] == "frame-ancestors 'self'"
    assert phones.get("/hall/state").headers["cache-control"] == "no-store"


def test_there_is_a_class_only_where_the_server_was_started_for_one(monkeypatch):
    monkeypatch.delenv(LECTURE, raising=False)
    assert classroom.__wrapped__() is None
    monkeypatch.setenv(LECTURE, "1")
    first, second = classroom.__wrapped__(), classroom.__wrapped__()
    assert len(first.key) > 40
    assert first.key != second.key
