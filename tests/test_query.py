"""A query's digest, the key of everything kept: no field forgotten, and the answer is that of the query's own fields."""

from dataclasses import fields, replace

import numpy as np
import pytest

from comp_viz.analysis.inside import look_inside
from comp_viz.analysis.prediction import predict_conversation
from comp_viz.analysis.query import Query
from comp_viz.analysis.why.attribution import SAMPLING
from comp_viz.checkpoint.folder import save_checkpoint
from comp_viz.data.table.writer import write_table
from comp_viz.errors import CompVizError
from comp_viz.network.intervention import AS_TRAINED, Intervention
from comp_viz.ui.cache import checkpoints
from comp_viz.ui.cache.data_sets import open_data_set
from comp_viz.ui.cache.per_session import keep_data, of_a_clip
from comp_viz.ui.cache.predictions import cached_inside, cached_prediction, open_query
from comp_viz.ui.why.cached import attribution, in_coalitions

QUERY = Query(
    checkpoint="first",
    checkpoint_digest="1a",
    device="cpu",
    data="small.arrow",
    data_digest="2b",
    root="/data",
    conversation="c1",
    observed=b"\x01\x00\x01",
    changed=Intervention(momentum=0.5, without=frozenset({("audio", "text"), ("text", "video"), ("video", "audio")})),
    seed=3,
)
OTHERS = {
    "checkpoint": ["second", "first "],
    "checkpoint_digest": ["1b", ""],
    "device": ["cuda", "cuda:1"],
    "data": ["large.arrow", "clip: small.arrow"],
    "data_digest": ["2a", "1a"],
    "root": ["/elsewhere", "/data/"],
    "conversation": ["c2", "c"],
    "observed": [b"\x01\x01\x01", b"\x01\x00", b""],
    "changed": [AS_TRAINED],
    "seed": [4, 0],
}
OTHER_CHANGES = {
    "momentum": [0.6, None],
    "without": [frozenset({("audio", "text")}), frozenset({("text", "audio"), ("text", "video"), ("video", "audio")})],
    "weights": [(0.2, 0.3, 0.5), (0.3, 0.2, 0.5)],
}


def test_every_field_makes_another_digest():
    assert OTHERS.keys() == {each.name for each in fields(Query)}  # a new field needs an example here
    assert OTHER_CHANGES.keys() == {each.name for each in fields(Intervention)}
    others = [replace(QUERY, **{name: value}) for name, values in OTHERS.items() for value in values]
    others += [
        replace(QUERY, changed=replace(QUERY.changed, **{name: value}))
        for name, values in OTHER_CHANGES.items()
        for value in values
    ]
    assert len({query.digest for query in [QUERY, *others]}) == 1 + len(others)


def test_a_value_that_moves_to_the_next_field_makes_another_digest():
    shifted = replace(QUERY, checkpoint="firs", checkpoint_digest="t1a")
    assert shifted.digest != QUERY.digest


def test_equal_queries_have_equal_digests():
    backwards = frozenset(sorted(QUERY.changed.without, reverse=True))
    again = replace(QUERY, changed=replace(QUERY.changed, without=backwards))
    assert again == QUERY
    assert again.digest == QUERY.digest


def test_a_query_of_the_whole_data_set_is_the_same_from_every_view():
    assert QUERY.of_data_set() == replace(QUERY, conversation="c2", observed=b"", changed=AS_TRAINED).of_data_set()
    assert QUERY.of_data_set().digest != QUERY.digest


@pytest.mark.parametrize("arguments", [lambda q: (q,), lambda q: ((q, q), "x"), lambda q: ("x", q)])
def test_caches_know_queries_by_their_digest_wherever_they_stand(arguments):
    calls = []

    @keep_data()
    def answer(*given):
        calls.append(given)
        return len(calls)

    first = answer(*arguments(QUERY))
    assert answer(*arguments(replace(QUERY))) == first
    for name, values in OTHERS.items():
        if name != "data":  # a clip's answers are kept in a session, of which there is none here
            answer(*arguments(replace(QUERY, **{name: values[0]})))
    assert len(calls) == len(OTHERS)


def test_a_query_of_a_clip_is_kept_for_its_session():
    of_clip = replace(QUERY, data="clip: talk.mp4")
    assert of_a_clip((of_clip,))
    assert of_a_clip((("x", of_clip), 1))
    assert not of_a_clip((QUERY, ("x", 1)))


# Through the cached calls


@pytest.fixture
def world(tmp_path, monkeypatch, small_checkpoint, small_lab):
    """Two checkpoints and a data set on disk; gives a query of the first conversation by the first checkpoint."""
    checkpoint = checkpoints.load_checkpoint(small_checkpoint)
    model = checkpoint.model.requires_grad_(False)
    for name, factor in (("first", 1.0), ("second", -1.0)):
        model.fusion.weight.mul_(factor)
        save_checkpoint(tmp_path / "checkpoints" / name, model, checkpoint.card, checkpoint.standardise)
    (tmp_path / "data").mkdir()
    write_table(tmp_path / "data" / "small.arrow", small_lab)
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", (tmp_path / "checkpoints",))
    root = str(tmp_path / "data")
    return Query(
        checkpoint="first",
        checkpoint_digest=checkpoints.open_checkpoint("first", "cpu").digest,
        device="cpu",
        data="small.arrow",
        data_digest=open_data_set("small.arrow", root).digest,
        root=root,
        conversation=small_lab.conversations[0].id,
        observed=small_lab.conversations[0].observed.tobytes(),
    )


def test_each_query_is_answered_with_its_own_numbers(world):
    data = open_data_set(world.data, world.root)
    first, second = data.conversations[:2]
    pattern = np.zeros_like(first.observed)
    pattern[:, 0] = True
    other_digest = checkpoints.open_checkpoint("second", "cpu").digest
    changed = Intervention(weights=(1.0, 0.0, 0.0))
    queries = [
        world,
        replace(world, observed=pattern.tobytes()),
        replace(world, conversation=second.id, observed=second.observed.tobytes()),
        replace(world, checkpoint="second", checkpoint_digest=other_digest),
        replace(world, changed=changed),
    ]
    loads = {name: checkpoints.load_checkpoint(checkpoints.checkpoint_folder(name)) for name in ("first", "second")}
    cases = [
        (loads["first"], first, first.observed, AS_TRAINED),
        (loads["first"], first, pattern, AS_TRAINED),
        (loads["first"], second, second.observed, AS_TRAINED),
        (loads["second"], first, first.observed, AS_TRAINED),
        (loads["first"], first, first.observed, changed),
    ]
    for _ in range(2):  # made, and out of the cache
        for query, case in zip(queries, cases, strict=True):
            np.testing.assert_allclose(cached_prediction(query).fused, predict_conversation(*case).fused, atol=1e-6)
            np.testing.assert_allclose(cached_inside(query).prediction.fused, look_inside(*case).prediction.fused, atol=1e-6)  # fmt: skip
    answers = {cached_prediction(query).fused.tobytes() for query in queries}
    assert len(answers) == len(queries)
    assert len({in_coalitions(query).predictions["fused"].tobytes() for query in queries[:4]}) == 4


def test_the_seed_is_that_of_what_is_drawn(world):
    sampled = [attribution(replace(world, seed=seed), 0, SAMPLING).cells for seed in (0, 0, 1)]
    np.testing.assert_array_equal(sampled[0], sampled[1])
    assert not np.array_equal(sampled[0], sampled[2])


def test_the_device_is_the_one_that_loads(world):
    devices = []

    def load(name, device):
        devices.append((name, device))
        return checkpoints.open_checkpoint(name, "cpu")

    replace(world, device="cuda:1").open(load, open_data_set)
    assert devices == [("first", "cuda:1")]


def test_opening_gives_the_checkpoint_the_conversation_and_the_pattern(world):
    pattern = np.array([row % 2 == 0 for row in range(len(world.observed))]).reshape(-1, 3)
    checkpoint, conversation, observed = open_query(replace(world, observed=pattern.tobytes()))
    assert checkpoint.digest == world.checkpoint_digest
    assert conversation.id == world.conversation
    np.testing.assert_array_equal(observed, pattern)
    with pytest.raises(CompVizError, match="nobody"):
        open_query(replace(world, conversation="nobody"))
