"""Checkpoints on a model hub: loaded from its cache, and every trouble said in words."""

import importlib
import shutil
import sys

import pytest
from checkpoint_cases import refusal

from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.checkpoint.hub import download
from comp_viz.errors import CompVizError


@pytest.fixture
def hub(tmp_path, monkeypatch, small_checkpoint):
    """An offline hub whose local cache holds one repository, `someone/comp`."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    repository = tmp_path / "cache" / "models--someone--comp"
    snapshot = repository / "snapshots" / ("a" * 40)
    snapshot.parent.mkdir(parents=True)
    shutil.copytree(small_checkpoint, snapshot)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("a" * 40)
    return snapshot


def test_a_checkpoint_in_the_hub_s_cache_is_loaded(hub, small_checkpoint):
    loaded = load_checkpoint("hub:someone/comp")
    assert loaded.digest == load_checkpoint(small_checkpoint).digest


def test_a_hub_repository_that_is_no_checkpoint_is_refused(hub):
    (hub / "config.json").unlink()
    assert "config.json" in refusal("hub:someone/comp")


def test_a_hub_repository_that_cannot_be_fetched_is_named(hub):
    assert "'someone/else'" in refusal("hub:someone/else")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x",
        "a/b/c",
        "/etc",
        "../../etc",
        "a b/c",
        "a/",
        "/b",
        "..",
        "../x",
        "./x",
        "a/..",
        "-a/b",
        "a--b/c",
        "a/b.git",
    ],
)
def test_a_bad_hub_name_is_refused_in_words(hub, name):
    message = refusal(f"hub:{name}")
    assert "hub" in message
    assert name in message


@pytest.mark.parametrize("error", [OSError(), OSError("no network\nmore"), ConnectionError("refused")])
def test_any_trouble_while_fetching_is_said_in_words(hub, monkeypatch, error):
    def trouble(*arguments, **options):
        raise error

    monkeypatch.setattr("huggingface_hub.snapshot_download", trouble)
    with pytest.raises(CompVizError, match=r"'someone/comp' could not be fetched"):
        download("hub:someone/comp")


def test_a_proxy_that_refuses_is_said_in_words(hub, monkeypatch):
    snapshot = importlib.import_module("huggingface_hub._snapshot_download")
    client = getattr(snapshot, "httpx2", None) or snapshot.httpx

    def trouble(*arguments, **options):
        raise client.ProxyError("403 Forbidden")

    monkeypatch.setattr("huggingface_hub.snapshot_download", trouble)
    with pytest.raises(CompVizError, match=r"'someone/comp' could not be fetched"):
        download("hub:someone/comp")


def test_without_the_extra_the_message_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(CompVizError, match=r"pip install huggingface_hub"):
        download("hub:someone/comp")
