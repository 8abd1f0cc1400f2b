"""The Clips page: bringing a clip, waiting, looking, degrading it, and every other page on it; nothing is left behind."""

import json
import re
import secrets
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from clip_cases import EMOTIONS, make_clip, simple_extractors, write_reader
from page_cases import array, dashboard, figures, on_wire

from comp_viz.analysis.clips.prediction import clip_change, predict_clip
from comp_viz.background_job import Cancelled
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.clips import background
from comp_viz.clips.degradation import Degradation
from comp_viz.clips.degrade import degrade
from comp_viz.clips.extractors import registry
from comp_viz.clips.progress import Draft, Progress
from comp_viz.clips.tracks import Tracks
from comp_viz.errors import CompVizError
from comp_viz.figures.clips.before_after import AFTER, BEFORE
from comp_viz.report.html import render
from comp_viz.ui.cache import predictions, session_clips
from comp_viz.ui.clips import camera, upload

PAGES = [
    "live",
    "overview",
    "prototypes",
    "propagation",
    "coordinator",
    "why",
    "modulation",
    "imbalance",
    "robustness",
    "data",
    "lab",
]
VIDEO = ("talk.mp4", b"not really a video", "video/mp4")


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Where checkpoints and data lie; clips are "analysed" at once into the small clip of the tests."""
    write_reader(tmp_path / "checkpoints" / "reader")
    (tmp_path / "data").mkdir()
    simple_extractors(monkeypatch)
    monkeypatch.setattr(registry, "extractors_missing", lambda names: "")
    monkeypatch.setattr(
        upload, "analyse", lambda path, folder, settings, name, report, stop, turn: make_clip(folder / path.stem, name)
    )
    return tmp_path


@pytest.fixture
def opened(places, monkeypatch):
    """The Clips page of a fresh session."""

    def fresh():
        app = dashboard(monkeypatch, places / "checkpoints", places / "data")
        app.run()
        return app.switch_page("pages/clips.py").run()

    return fresh


def bring(app, file=VIDEO):
    app.get("file_uploader")[0].set_value(file).run()
    end = time.monotonic() + 240
    while background.LINE.tickets:
        assert time.monotonic() < end
        time.sleep(0.01)
    app.run()
    assert not app.exception
    return app


def press(app, key):
    next(button for button in app.button if button.key == key).click().run()
    assert not app.exception
    return app


def place_of(app) -> Path:
    return app.session_state[session_clips.CLIPS_KEY].folder


def component(app, name):
    found = [
        json.loads(each.proto.json) for each in app.get("bidi_component") if each.proto.component_name.endswith(name)
    ]
    return found[0]


def test_without_a_clip_the_page_says_what_to_do_and_what_can_be_read(opened):
    app = opened()
    assert not app.exception
    assert "missing modality" in " ".join(text.value for text in app.markdown)
    assert any("installed" in each.label for each in app.expander)
    assert "Clips page" in app.sidebar.info[0].value


def test_an_upload_becomes_a_conversation_that_is_opened_at_once(opened):
    app = bring(opened())
    assert "clip: talk.mp4" in app.caption[0].value or any("clip: talk.mp4" in text.value for text in app.caption)
    assert app.selectbox(key="conversation").value == session_clips.RECORDED
    assert app.subheader[0].value.startswith("Over 4 utterances, ")
    titles = [text.value for text in app.markdown]
    assert "**Of 4 utterances, audio could be read in 4, text in 3, video in 3**" in titles
    assert not any(button.label.startswith("Open with") for button in app.button)  # it is open
    assert "**Took** 0.1 s: reading sound and pictures 0.1 s" in titles
    assert not app.error
    assert max(on_wire(app).values()) < 2_000_000


@pytest.mark.parametrize("page", PAGES)
def test_every_page_works_on_a_clip(page, opened):
    app = bring(opened())
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception
    assert not app.error
    assert "talk.mp4" in " ".join(text.value for text in app.sidebar.caption)


def test_numbers_on_the_page_are_those_of_the_library(opened, places):
    app = bring(opened())
    clip = next(iter(app.session_state[session_clips.CLIPS_KEY].clips.values())).clip
    checkpoint = load_checkpoint(places / "checkpoints" / "reader")
    before = predict_clip(checkpoint, clip.conversation)
    app.multiselect[0].set_value([1, 2]).run()
    press(app, "degrade")
    spoilt = degrade(clip, [Degradation("mute", (0, 1))])
    after = predict_clip(checkpoint, spoilt.conversation)
    bars = [trace for trace in figures(app)["before after"]["data"] if trace["name"] in (BEFORE, AFTER)]
    s = int(app.query_params.get("utterance", ["1"])[0]) - 1
    for trace, expected in zip(
        bars, (before.fused[s], after.fused[s], before.coordinator[s], after.coordinator[s]), strict=True
    ):
        np.testing.assert_allclose(array(trace["y"]), expected, atol=1e-6)
    flips = int(clip_change(before, after).flipped.sum())
    heading = next(text.value for text in app.markdown if "now missing" in text.value)
    assert heading.startswith(f"**{flips or 'None'} of 4 decisions flip")
    assert "now missing: audio in 2" in heading
    assert any(text.value.startswith("2 of 4 utterances are degraded.") for text in app.caption)


def test_a_degraded_clip_is_a_conversation_of_its_own_and_is_taken_back(opened):
    app = press(bring(opened()), "degrade")
    assert app.selectbox(key="conversation").options == [session_clips.RECORDED, session_clips.DEGRADED]
    press(app, "take back 0")
    app.run()
    assert app.selectbox(key="conversation").options == [session_clips.RECORDED]
    assert any("Nothing is degraded yet" in text.value for text in app.caption)


def test_missing_entries_stand_with_their_reasons(opened):
    app = bring(opened())
    texts = [text for trace in figures(app)["availability"]["data"] for text in trace.get("hovertext", [])]
    assert any("text, utterance 4: missing: no speech" in text for text in texts)
    assert any("video, utterance 4: missing: no face (in 0 of 6 pictures" in text for text in texts)
    assert not any("<b>" in text for text in texts)  # words are words
    tables = [frame.value for frame in app.dataframe if "reason" in frame.value]
    assert set(tables[0]["reason"]) == {"no speech", "no face (in 0 of 6 pictures, below 25%)"}


def test_choosing_an_utterance_takes_it_in_hand_everywhere(opened):
    app = bring(opened())
    app.session_state["held utterance"] = "3"
    app.run()
    title = figures(app)["waveform"]["layout"]["shapes"][0]
    assert (title["x0"], title["x1"]) == (3.0, 4.5)
    assert app.switch_page("pages/coordinator.py").run().query_params["utterance"] in ("3", ["3"])


def test_sessions_do_not_see_each_others_clips(opened, places):
    mine, other = bring(opened()), opened()
    name = next(iter(mine.session_state[session_clips.CLIPS_KEY].clips))
    assert name not in other.session_state[session_clips.CLIPS_KEY].clips
    assert place_of(mine) != place_of(other)
    other.query_params["data"] = name
    other.run()
    assert not other.exception
    assert "talk.mp4" not in " ".join(text.value for text in other.sidebar.caption)
    assert other.selectbox(key="checkpoint").value == "reader"
    assert "Clips page" in other.sidebar.info[0].value


def test_same_content_again_replaces_the_clip_and_the_oldest_makes_room(opened):
    app = opened()
    for i in range(session_clips.MOST_CLIPS + 2):
        bring(app, (f"talk{i}.mp4", b"x", "video/mp4"))
    names = list(app.session_state[session_clips.CLIPS_KEY].clips)
    assert names == [f"clip: talk{i}.mp4" for i in range(2, session_clips.MOST_CLIPS + 2)]
    bring(app, (f"talk{session_clips.MOST_CLIPS}.mp4", b"x", "video/mp4"))
    assert list(app.session_state[session_clips.CLIPS_KEY].clips) == names
    uploads = [path for path in place_of(app).iterdir() if path.suffix == ".mp4"]
    assert len(uploads) == session_clips.MOST_CLIPS


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd.mp4",
        "C:\\a\\b.mp4",
        "a\"b'<script>.mp4",
        "x" * 300 + ".mp4",
        "new\nline.mp4",
        "\x1b[31m\x07.mp4",
    ],
)
def test_names_of_uploads_never_become_paths_or_markup(name, opened):
    app = bring(opened(), (name, b"x", "video/mp4"))
    assert not app.exception
    assert all(path.name[:32].isalnum() for path in place_of(app).iterdir() if path.is_file())


def test_a_file_that_cannot_be_read_gives_a_sentence_and_leaves_nothing(opened, monkeypatch):
    def refuse(*anything):
        raise CompVizError("broken.mp4 holds neither sound nor pictures.")

    monkeypatch.setattr(upload, "analyse", refuse)
    app = bring(opened(), ("broken.mp4", b"junk", "video/mp4"))
    assert app.warning[0].value == "broken.mp4 holds neither sound nor pictures."
    assert list(place_of(app).iterdir()) == []
    monkeypatch.undo()


def slow(path, folder, settings, name, report, stop, turn):
    """An analysis that has heard the words of a clip and looks for faces until it is stopped."""
    clip = make_clip(folder / secrets.token_hex(8), name)
    draft = Draft(clip.media, clip.spans, {"video": clip.reasons["video"][:2]})
    report(Progress("decode", 0.0, 0.0, 30.0, 1.0, 1.0, time.monotonic(), draft))
    turn(clip.media.duration)
    report(Progress("video", 18.0, 12.0, 30.0, 1.0, 1.0, time.monotonic(), draft))
    while not stop():
        time.sleep(0.01)
    raise Cancelled("The analysis was stopped.")


def waiting(app):
    """The page while `slow` runs, once it does."""
    app.get("file_uploader")[0].set_value(VIDEO).run()
    end = time.monotonic() + 240
    while not background.LINE.running and time.monotonic() < end:
        time.sleep(0.01)
    return app.run()


def texts(app):
    return [each.proto.text for each in app.get("progress")]


def stop(app):
    button = next(button for button in app.button if button.label == "Stop")
    return press(app, button.key)


def settled(app):
    end = time.monotonic() + 240
    while background.LINE.tickets and time.monotonic() < end:
        time.sleep(0.01)
    return app.run()


def test_an_analysis_shows_what_is_known_and_can_be_stopped(opened, monkeypatch):
    monkeypatch.setattr(upload, "analyse", slow)
    app = waiting(opened())
    assert app.subheader[0].value == "Analysing talk.mp4"
    assert re.fullmatch(r"\*\*talk\.mp4\*\*: Looking for faces \(4 of 6\), about 1[012]\xa0s left", texts(app)[0])
    data = component(app, "player")
    assert data["picture"]
    assert data["duration"] == 6
    assert data["texts"][1] == "word<b> number1."
    table = app.dataframe[0].value
    assert list(table["video"]) == ["read", "read", "", ""]
    assert list(table["words"])[3] == "(no words)"
    stop(app)
    assert background.LINE.tickets == []  # at once
    app = settled(app)
    assert "stopped" in app.warning[0].value
    assert list(place_of(app).iterdir()) == []


def test_a_place_in_line_is_shown_with_its_time(opened, monkeypatch):
    monkeypatch.setattr(upload, "analyse", slow)
    first = waiting(opened())
    second = opened()
    second.get("file_uploader")[0].set_value(("other.mp4", b"y", "video/mp4")).run()
    end = time.monotonic() + 240
    while not any(job.length == 6 and job not in background.LINE.running for job in background.LINE.tickets):
        assert time.monotonic() < end
        time.sleep(0.01)
    second.run()
    assert re.fullmatch(
        r"\*\*other\.mp4\*\*: In line, 1 clip ahead; begins in about \d+\xa0s; then takes about 30\xa0s",
        texts(second)[0],
    )
    stop(first)
    end = time.monotonic() + 240
    while not background.LINE.running and time.monotonic() < end:
        time.sleep(0.01)
    second.run()
    assert "Looking for faces" in texts(second)[0]
    stop(second)


def test_a_visitor_who_goes_away_frees_the_line_and_who_comes_back_goes_on(opened, monkeypatch):
    monkeypatch.setattr(upload, "analyse", slow)
    monkeypatch.setattr(session_clips, "AWAY", 0.05)
    app = waiting(opened())
    mine = app.session_state[session_clips.CLIPS_KEY]
    mine.leave()
    end = time.monotonic() + 240
    while background.LINE.tickets and time.monotonic() < end:
        time.sleep(0.01)
    assert mine.paused
    app.run()
    assert not mine.paused
    assert len(background.LINE.tickets) == 1
    assert texts(app)
    stop(app)


class Server:
    """What Streamlit tells of a session."""

    connected = True

    def exists(self):
        return True

    def get_instance(self):
        return self

    def is_active_session(self, session):
        return self.connected


def test_a_run_under_way_as_the_browser_leaves_does_not_keep_its_place(opened, monkeypatch):
    monkeypatch.setattr(upload, "analyse", slow)
    monkeypatch.setattr(session_clips, "AWAY", 0.05)
    app = waiting(opened())
    mine, server = app.session_state[session_clips.CLIPS_KEY], Server()
    monkeypatch.setattr(session_clips, "runtime", server)
    mine.leave()
    assert mine.back()  # a hiccup
    time.sleep(0.2)
    assert len(background.LINE.tickets) == 1
    mine.leave()
    mine.back()  # of a run that ends a moment later
    server.connected = False
    end = time.monotonic() + 240
    while background.LINE.tickets and time.monotonic() < end:
        time.sleep(0.01)
    assert mine.paused
    app.session_state["settle"] = True
    app.run()
    assert len(mine.pending) == 1  # it was paused, not stopped
    server.connected = True
    assert mine.back()
    assert len(background.LINE.tickets) == 1
    monkeypatch.undo()
    mine.pause()


def test_other_pages_say_that_something_runs_and_that_it_is_done(opened, places, monkeypatch):
    quick = upload.analyse
    monkeypatch.setattr(upload, "analyse", slow)
    app = waiting(opened()).switch_page("pages/data.py").run()
    assert any("talk.mp4: Looking for faces (4 of 6)" in text.value for text in app.caption)
    way = next(button for button in app.button if button.label == "Look")
    app = press(app, way.key)
    assert texts(app)
    app.switch_page("pages/clips.py").run()
    stop(app)
    settled(app)
    gate = threading.Event()
    monkeypatch.setattr(upload, "analyse", lambda *given: gate.wait(60) and quick(*given))
    app.get("file_uploader")[0].set_value(VIDEO).run()
    app.switch_page("pages/data.py").run()
    gate.set()
    app = settled(app)
    assert any(text.value.endswith("**talk.mp4** is analysed") for text in app.caption)
    way = next(button for button in app.button if button.label == "Open it")
    app = press(app, way.key)
    assert app.subheader[0].value.startswith("Over 4 utterances, ")


def test_more_clips_than_are_kept_wait_for_nobody(opened, monkeypatch):
    monkeypatch.setattr(upload, "analyse", slow)
    app = opened()
    for i in range(session_clips.MOST_CLIPS + 1):
        app.get("file_uploader")[0].set_value((f"talk{i}.mp4", b"x", "video/mp4")).run()
    assert len(app.session_state[session_clips.CLIPS_KEY].pending) == session_clips.MOST_CLIPS
    assert "Stop one of them" in app.warning[0].value
    for each in app.session_state[session_clips.CLIPS_KEY].pending:
        each.job.cancel()
    settled(app)


@pytest.fixture
def tracks(monkeypatch):
    """Clips have two tracks of sound and of pictures, of which players take the second; which were asked for, in order."""
    wanted = list[Tracks]()

    def analyse(path, folder, settings, name, report, stop, turn):
        wanted.append(settings.tracks)
        clip = make_clip(folder / secrets.token_hex(8), name)
        numbers = {"sound_track": settings.tracks.sound or 2, "video_track": settings.tracks.video or 2}
        names = {"sound_tracks": ("1: desktop, stereo", "2: mic, mono"), "video_tracks": ("1: screen", "2: <b>camera")}
        note = f"of 2 sound tracks, number {numbers['sound_track']} was taken"
        media = replace(clip.media, notes=(note,), **numbers, **names)
        return replace(clip, digest=name * 3, media=media, settings=replace(clip.settings, tracks=settings.tracks))

    monkeypatch.setattr(upload, "analyse", analyse)
    return wanted


def choice(app, kind):
    return next(box for box in app.selectbox if box.label == f"{kind} track")


def test_another_track_is_analysed_and_played_once_it_is_chosen(opened, tracks):
    app = bring(opened())
    assert choice(app, "Sound").options == ["1: desktop, stereo", "2: mic, mono"]
    assert choice(app, "Sound").value == choice(app, "Video").value == 2
    assert not any("Browsers play other tracks" in text.value for text in app.caption)
    choice(app, "Sound").set_value(1).run()
    app = settled(app)
    assert tracks == [Tracks(), Tracks(sound=1)]
    assert any(text.value.endswith("Of 2 sound tracks, number 1 was taken.") for text in app.caption)
    assert choice(app, "Sound").value == 1
    assert choice(app, "Video").value == 2
    assert any("Browsers play other tracks than the chosen ones" in text.value for text in app.caption)
    choice(app, "Video").set_value(1).run()
    app = settled(app)
    assert tracks[-1] == Tracks(sound=1, video=1)
    assert [choice(app, kind).value for kind in ("Sound", "Video")] == [1, 1]
    assert len(app.session_state[session_clips.CLIPS_KEY].clips) == 1
    app = bring(app, ("other.mp4", b"y", "video/mp4"))
    assert tracks[-1] == Tracks()
    assert [choice(app, kind).value for kind in ("Sound", "Video")] == [2, 2]  # not what was chosen for another clip
    assert len(tracks) == 4


def test_a_clip_that_no_checkpoint_reads_is_shown_all_the_same(opened, places, monkeypatch):
    import shutil

    app = opened()
    shutil.rmtree(places / "checkpoints" / "reader")
    bring(app)
    assert "No checkpoint here was trained on features made as this clip's" in " ".join(text.value for text in app.info)
    assert {"waveform", "availability", "quality"} <= set(figures(app))


def test_a_clip_longer_than_the_model_reads_is_read_in_parts(opened, places):
    write_reader(places / "checkpoints" / "reader", max_length=3)
    app = bring(opened())
    assert app.selectbox(key="conversation").options == ["as recorded [1-3]", "as recorded [4-4]"]
    assert app.subheader[0].value.startswith("Over 4 utterances, ")


def test_the_visit_ends_with_its_folder(opened, monkeypatch):
    monkeypatch.setattr(session_clips, "GRACE", 0.05)
    app = bring(opened())
    mine = app.session_state[session_clips.CLIPS_KEY]
    mine.leave()
    end = time.monotonic() + 240
    while mine.folder.exists() and time.monotonic() < end:
        time.sleep(0.01)
    assert not mine.folder.exists()
    assert mine.clips == {}


def test_a_browser_that_comes_back_in_time_finds_its_clips(opened):
    mine = bring(opened()).session_state[session_clips.CLIPS_KEY]
    mine.leave()
    assert mine.back()
    assert mine.folder.exists()
    assert mine.clips


def test_what_is_computed_from_a_clip_is_kept_for_its_session_only(opened):
    app = bring(opened()).switch_page("pages/live.py").run()
    assert "Truth" not in {metric.label for metric in app.metric}  # unknown takes no place
    shared = predictions.cached_prediction.__wrapped__
    assert shared  # the decorated function is the library's call, not a cache for all
    from comp_viz.ui.cache.per_session import of_a_clip

    assert of_a_clip(("reader", ("a", "b"), "cpu", "clip: talk.mp4"))
    assert of_a_clip((("reader", "clip: talk.mp4"), "x"))
    assert not of_a_clip(("reader", ("a", "b"), "cpu", "lab"))


def test_task_of_the_tests_has_four_emotions():
    assert EMOTIONS.outputs == 4


def test_a_report_on_a_clip_says_nothing_of_what_was_said(opened):
    app = bring(opened())
    clip = next(iter(app.session_state[session_clips.CLIPS_KEY].clips.values())).clip
    found = app.session_state["shown"]
    page = render(found.report("http://localhost/", False, False, [clip.conversation]))
    before, _, rest = page.partition("<script>/**")
    bare = before + rest.partition("</script>")[2]
    assert "waveform" in found.sections
    said = [words for words in clip.conversation.words if len(words) > 6]
    assert said
    assert not [words for words in said if words in bare]
    assert "data:image" not in bare


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "x",
        {"type": "video/webm"},
        {"type": "text/html", "content": "AAAA"},
        {"type": "video/webm", "content": "not base64!"},
        {"type": "video/webm", "content": 5},
    ],
)
def test_what_a_browser_sends_as_a_recording_is_checked(sent):
    assert camera.recording_of(sent) is None


def test_a_recording_has_a_name_of_ours_and_a_limit(monkeypatch):
    sent = {"type": "video/webm;codecs=vp8,opus", "content": "AAEC"}
    assert camera.recording_of(sent) == (b"\x00\x01\x02", "recording.webm")
    monkeypatch.setattr(camera, "LIMITS", replace(camera.LIMITS, megabytes=1e-6))
    assert camera.recording_of(sent) is None
