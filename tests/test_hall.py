"""The class that follows a presenter: where it is, whose choice counts, and what is refused."""

import threading
from collections import Counter

import pytest
from class_cases import MODALITIES, STEPS, STORY, made_up_pages, phone
from hypothesis import given, settings
from hypothesis import strategies as some

from comp_viz.analysis.lecture.answers import ClassAnswers, Question
from comp_viz.lecture import hall as halls
from comp_viz.lecture.hall import ClassFull, Hall, NotAsked

OTHER = "f" * 16


@pytest.fixture
def hall():
    """A class at the first step of a story whose pages are there."""
    return class_of_phones()


def class_of_phones() -> Hall:
    hall = Hall()
    hall.provide(STORY, made_up_pages())
    hall.begin(STORY)
    return hall


acts = some.one_of(
    some.tuples(some.just("choose"), some.integers(0, 4), some.integers(0, STEPS - 1), some.integers(0, 2)),
    some.tuples(some.just("go"), some.integers(0, STEPS - 1)),
    some.tuples(some.just("show")),
    some.tuples(some.just("begin")),
)


@settings(deadline=None)  # a machine that does much else may take long over one
@given(some.lists(acts, max_size=40))
def test_each_phone_counts_once_with_its_last_choice_before_the_answer_was_shown(done):
    hall = class_of_phones()
    last: dict[tuple[int, int], int] = {}
    shown: dict[int, Counter[int]] = {}
    for name, *given_to in done:
        if name == "choose":
            who, step, modality = given_to
            if step in shown:
                with pytest.raises(NotAsked, match="shown already"):
                    hall.choose(hall.state.round, step, phone(who), modality)
            else:
                hall.choose(hall.state.round, step, phone(who), modality)
                last[step, who] = modality
        elif name == "go":
            hall.go(STORY, *given_to)
        elif name == "show":
            here = hall.state.step
            hall.show()
            shown.setdefault(here, Counter(m for (step, _), m in last.items() if step == here))
        else:
            hall.begin(STORY)
            last, shown = {}, {}
        here = hall.state.step
        wanted = Counter(m for (step, _), m in last.items() if step == here)
        assert hall.answers().counts == tuple(wanted[m] for m in range(len(MODALITIES)))
        assert {step: answers.total for step, answers in hall.state.shown.items()} == {
            step: counts.total() for step, counts in shown.items()
        }


@settings(deadline=None)
@given(some.lists(acts, max_size=20))
def test_the_version_changes_whenever_anything_that_phones_are_told_does_and_only_then(done):
    hall, rung = class_of_phones(), []
    hall.on_change.append(lambda: rung.append(hall.state.version))
    for name, *given_to in done:
        before, count = hall.state, len(rung)
        if name == "choose":
            if given_to[1] not in hall.state.shown:
                hall.choose(hall.state.round, given_to[1], phone(given_to[0]), given_to[2])
        else:
            getattr(hall, name)(*([STORY] if name != "show" else []), *given_to)
        changed = hall.state != before
        assert (hall.state.version != before.version) == changed
        assert len(rung) == count + changed
        assert name != "choose" or not changed  # else 300 choices would be told to 300 phones


@pytest.mark.parametrize(("step", "modality"), [(-1, 0), (STEPS, 0), (0, -1), (0, 3), (10**9, 10**9)])
def test_only_choices_that_a_step_has_are_counted(hall, step, modality):
    with pytest.raises(NotAsked):
        hall.choose(hall.state.round, step, phone(1), modality)
    assert hall.answers().total == 0


def test_a_choice_of_an_earlier_round_does_not_count_in_the_next(hall):
    earlier = hall.state.round
    hall.choose(earlier, 0, phone(1), 1)
    hall.begin(STORY)
    assert hall.answers().total == 0
    with pytest.raises(NotAsked, match="anew"):
        hall.choose(earlier, 0, phone(1), 1)
    hall.leave()
    with pytest.raises(NotAsked):
        hall.choose("", 0, phone(1), 1)


def test_a_story_without_pages_is_not_ready_until_they_are_there_and_says_why_when_they_cannot_be():
    hall = Hall()
    hall.go(STORY, 2)
    assert (hall.state.ready, hall.answers()) == (False, None)
    hall.show()
    assert hall.state.shown == {}
    hall.give_up(STORY, "no checkpoint")
    assert hall.state.problem == "no checkpoint"
    hall.provide(STORY, made_up_pages())
    assert (hall.state.ready, hall.state.problem, hall.state.step) == (True, "", 2)


def test_going_to_another_story_begins_it_and_going_back_to_a_step_keeps_what_was_shown(hall):
    hall.choose(hall.state.round, 0, phone(1), 1)
    hall.show()
    hall.go(STORY, 1)
    hall.go(STORY, 0)
    assert hall.state.shown[0].counts == (0, 1, 0)
    round_ = hall.state.round
    hall.go(OTHER, 0)
    assert (hall.state.ready, hall.state.shown) == (False, {})
    hall.go(STORY, 0)
    assert hall.answers().total == 0
    assert hall.state.round != round_


def test_no_more_phones_are_counted_than_fit(hall, monkeypatch):
    monkeypatch.setattr(halls, "MOST_PHONES", 3)
    for number in range(3):
        hall.choose(hall.state.round, 0, phone(number), 0)
    with pytest.raises(ClassFull, match="3 phones"):
        hall.choose(hall.state.round, 0, phone(3), 0)
    hall.choose(hall.state.round, 0, phone(2), 1)  # may still change
    assert hall.answers().counts == (2, 1, 0)
    for number in range(10):
        hall.hear(phone(number))
    assert hall.phones() == 3


def test_a_phone_that_says_nothing_is_not_counted_after_a_while(monkeypatch):
    now = [0.0]
    hall = Hall(clock=lambda: now[0])
    monkeypatch.setattr(halls, "MOST_PHONES", 2)
    hall.hear(phone(1))
    hall.hear(phone(2))
    now[0] = halls.GONE - 1
    hall.hear(phone(2))
    assert hall.phones() == 2
    now[0] = halls.GONE + 1
    hall.hear(phone(3))  # there is room again
    assert hall.phones() == 2


def test_choices_from_many_threads_are_all_counted(hall):
    def vote(begin: int) -> None:
        for number in range(begin, begin + 50):
            hall.choose(hall.state.round, 0, phone(number), number % 3)

    threads = [threading.Thread(target=vote, args=(50 * k,)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert hall.answers().counts == (100, 100, 100)


@pytest.mark.parametrize(
    ("contributions", "strongest"),
    [
        ((0.1, -0.4, 0.2), (1,)),
        ((0.395, -0.4, 0.2), (0, 1)),  # within a tenth of the largest
        ((0.35, -0.4, 0.2), (1,)),
        ((0.0, 0.0, 0.0), ()),
    ],
)
def test_whoever_chose_a_modality_that_moves_the_prediction_most_is_right(contributions, strongest):
    question = Question(MODALITIES, 0, contributions, "the score", False)
    answers = ClassAnswers(question, (3, 5, 2))
    assert question.strongest == strongest
    assert answers.right == sum((3, 5, 2)[m] for m in strongest)
    assert answers.shares == (0.3, 0.5, 0.2)
    assert ClassAnswers(question, (0, 0, 0)).shares == (0, 0, 0)
