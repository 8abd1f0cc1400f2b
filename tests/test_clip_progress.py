"""The time that an analysis still takes, told from what was measured in it, on a clock of the tests' own."""

import math
from itertools import pairwise
from pathlib import Path

import pytest

from comp_viz.background_job import Cancelled
from comp_viz.clips import faces, models, whisper
from comp_viz.clips.media import Media
from comp_viz.clips.progress import STAGES, Costs, Progress, Watch
from comp_viz.clips.settings import Settings

LENGTH = 100.0  # seconds of the clip
USUAL = {"decode": 4.0, "speech": 20.0, "video": 6.0, "audio": 5.0, "text": 0.5}


def usual_costs() -> Costs:
    """Those of a machine on which the clip takes the usual time."""
    costs = Costs()
    costs.seconds |= {stage: seconds / LENGTH for stage, seconds in USUAL.items()}
    return costs


class Run:
    """An analysis in ten steps a stage that takes `slower` times as long as usual; notes the estimate each second."""

    def __init__(self):
        self.now, self.report, self.seen = 0.0, None, []
        self.watch = Watch(self.take, clock=lambda: self.now, costs=usual_costs())
        self.watch.expect(**dict.fromkeys(USUAL, LENGTH), load=0.0)

    def take(self, report):
        self.report = report

    def spend(self, seconds):
        """Let time go by."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, math.floor(self.now) + 1.0)
            if self.report and self.now == math.floor(self.now):
                left = self.report.seconds_left(self.now)
                self.seen.append((self.now, left, self.report.share(self.now)))

    def go(self, slower=lambda now: 1.0, steps=10):
        self.watch.at("decode", 0.0, 1 / steps)
        for stage, seconds in USUAL.items():
            for i in range(steps):
                self.watch.at(stage, i / steps, (i + 1) / steps)
                self.spend(seconds / steps * slower(self.now))
            self.watch.at(stage, 1.0)
        return self

    def errors(self, since=0.0):
        """The estimate over the truth, each second but the last few."""
        return [left / (self.now - at) for at, left, _ in self.seen if since <= at < self.now - 3]


def test_as_fast_as_usual_it_counts_down_to_nothing():
    run = Run().go()
    assert run.errors() == pytest.approx([1.0] * len(run.errors()), abs=0.03)
    assert run.report.seconds_left(run.now) == pytest.approx(0, abs=1e-6)
    assert run.report.share(run.now) == 1


def test_on_a_busy_machine_it_says_how_long_it_will_take_there():
    run = Run().go(lambda now: 4.0)
    assert run.seen[-1][0] > 130
    assert all(0.7 < error < 1.3 for error in run.errors(since=20))


def test_where_the_machine_becomes_busy_on_the_way_it_grows():
    run = Run().go(lambda now: 1.0 if now < 10 else 5.0)
    before = next(left for at, left, _ in run.seen if at == 9)
    later = max(left for at, left, _ in run.seen if at > 10)
    assert before < 30
    assert later > 60
    assert all(0.7 < error < 1.3 for error in run.errors(since=50))


def test_it_never_stands_still_not_even_in_a_step_that_does_not_end():
    run = Run()
    run.watch.at("speech", 0.0, 1.0)
    run.spend(200)
    lefts = [left for _, left, _ in run.seen]
    assert all(abs(after - before) > 0.2 for before, after in pairwise(lefts))
    assert lefts[18] < lefts[0]
    assert lefts[-1] > 100
    shares = [share for *_, share in run.seen]
    assert shares == sorted(shares)
    assert run.report.slow(run.now)
    assert not run.report.slow(run.report.at + 10)


def test_nothing_is_told_before_it_is_known_how_long_the_clip_is():
    seen = []
    Watch(seen.append).at("decode", 0.0)
    assert math.isnan(seen[0].seconds_left(seen[0].at))
    assert seen[0].share(seen[0].at) == 0


def test_loading_says_nothing_of_the_work_after_it():
    run = Run()
    run.watch.expect(load=1.0)
    run.watch.at("load", 0.0, 1.0)
    run.spend(60)
    run.watch.at("load", 1.0)
    run.watch.at("speech", 0.0)
    assert run.report.seconds_left(run.now) == pytest.approx(31.5, rel=0.1)


def test_what_a_stage_took_is_usual_for_the_next_clip():
    costs, now = usual_costs(), [0.0]
    for _ in range(6):
        watch = Watch(clock=lambda: now[0], costs=costs)
        watch.expect(**dict.fromkeys(USUAL, LENGTH), load=0.0)
        watch.at("speech", 0.0)
        now[0] += 60.0
        watch.at("speech", 1.0)
    assert costs.seconds["speech"] == pytest.approx(0.6, rel=0.05)
    assert costs.seconds["video"] == usual_costs().seconds["video"]


def test_the_first_clip_of_a_server_is_promised_what_an_idle_machine_takes():
    """The example takes about five seconds with loading there; by a guess for each model alike it began with twenty."""
    reports = list[Progress]()
    watch = Watch(reports.append, costs=Costs())
    watch.expect(**dict.fromkeys(USUAL, 21.0), load=sum(models.SECONDS.values()))
    watch.at("decode", 0.0)
    assert 3 < reports[0].seconds_left(reports[0].at) < 7


def test_models_are_counted_by_what_each_takes_to_load(monkeypatch):
    monkeypatch.setattr(models, "LOADED", set())
    monkeypatch.setattr(models, "loaded_extractor", lambda name: None)
    for part, reader in ((whisper, "whisper_missing"), (faces, "faces_missing")):
        monkeypatch.setattr(part, reader, lambda: "not here")
    reports = list[Progress]()
    watch = Watch(reports.append, costs=Costs())
    watch.expect(**dict.fromkeys(USUAL, 0.0))
    with_all = Settings((("audio", ("eGeMAPS v02",)), ("text", ("MiniLM-L6 sentence",)), ("video", ("MA-Net",))))
    models.load_models(plain_media(), with_all, watch)
    small = models.SECONDS["eGeMAPS v02"] + models.SECONDS["MiniLM-L6 sentence"]
    assert [report.done for report in reports] == pytest.approx([0, models.SECONDS["eGeMAPS v02"], small, small + models.LARGE])  # fmt: skip
    models.load_models(plain_media(), with_all, watch)
    assert reports[-1].whole == 0  # nothing is loaded twice


def plain_media() -> Media:
    """A clip with sound and pictures."""
    return Media(Path(), "mp4", 1.0, 64, 48, 25.0, 0, (0.0,), (0, 1), 1.0, "", "")


def test_stopping_is_heard_at_every_stage():
    for stage in STAGES:
        with pytest.raises(Cancelled):
            Watch(cancelled=lambda: True).at(stage, 0.5)
