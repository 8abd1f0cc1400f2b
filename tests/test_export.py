"""Graphs give back PyTorch's numbers: those that ship, for every checkpoint and kind of pattern, and one traced here."""

import base64
import gzip
import json
import re
import struct
import sys
from dataclasses import replace
from functools import cache, partial
from html import escape
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from browsing import NO_BROWSER, WAIT, chromium
from needs import need
from playwright.sync_api import Page, Route

from comp_viz.__main__ import main
from comp_viz.analysis.inside import look_inside
from comp_viz.analysis.prediction import predict_conversation
from comp_viz.analysis.propagation.attention import rollout
from comp_viz.analysis.why.coalitions import predict_coalitions
from comp_viz.analysis.why.contribution import contribution
from comp_viz.browser.assets import RUNTIME_SCRIPT, compressed, runtime_wasm
from comp_viz.browser.model import conversation_pack, model_pack, stored
from comp_viz.browser.pack import pack
from comp_viz.checkpoint.folder import Checkpoint, load_checkpoint
from comp_viz.data.conversation import Conversation
from comp_viz.data.dataset import DataSet, Utterances
from comp_viz.data.patterns.matrices import from_hex
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.data.source import open_data
from comp_viz.errors import CompVizError
from comp_viz.export.file import export_whole
from comp_viz.export.parts import encodings
from comp_viz.export.template import SHIPPED_GRAPHS, Template, architecture_digest, find_template, obstacle
from comp_viz.export.whole import WholeNetwork
from comp_viz.methods.registry import FIRST, find_method
from comp_viz.report.live_figure.facts import figure_facts, figure_title
from comp_viz.report.live_figure.page import CITATION, MOST_BYTES, about_figure, encoded, live_figure, shared_blocks
from comp_viz.report.origin import Origin
from comp_viz.stories import read_story

CHECKPOINTS = sorted(path.parent.name for path in Path("checkpoints").glob("*/config.json"))
METHODS = {
    name: json.loads(Path("checkpoints", name, "config.json").read_text()).get("method", FIRST) for name in CHECKPOINTS
}
WITH_GRAPHS = [name for name, method in METHODS.items() if not find_method(method).no_graph]
PARITY = 1e-4
DOCS = Path("docs/export.md").resolve()


@cache
def opened(name: str) -> Checkpoint:
    return load_checkpoint(f"checkpoints/{name}")


def conversation_for(checkpoint: Checkpoint, utterances: int) -> Conversation:
    """Random features around those the checkpoint was trained on, one entry in ten not recorded."""
    rng = np.random.default_rng(utterances)
    standardise = checkpoint.standardise
    observed = rng.random((utterances, len(checkpoint.config.modalities))) > 0.1
    features = {
        name: (standardise.mean[name] + standardise.std[name] * rng.normal(size=(utterances, width))).astype(np.float32)
        * observed[:, [u]]
        for u, (name, width) in enumerate(checkpoint.config.widths.items())
    }
    none = np.full(utterances, np.nan, np.float32)
    words = ("",) * utterances
    return Conversation("made", features, observed, none, words, words, words, none)


def patterns(conversation: Conversation) -> list[np.ndarray]:
    """All coalitions, among them everything and nothing, then two random ones."""
    shape = conversation.observed.shape
    rng = np.random.default_rng(1)
    whole = [np.broadcast_to(np.array(kept), shape) for kept in product([False, True], repeat=shape[1])]
    return [*whole, rng.random(shape) > 0.3, rng.random(shape) > 0.7]


def session(template: Template, checkpoint: Checkpoint, graph: str, folder: Path):
    """ONNX Runtime with one of the graphs and the checkpoint's weights beside it."""
    runtime = pytest.importorskip("onnxruntime")
    (folder / "weights").write_bytes(b"".join(x.numpy().tobytes() for x in template.weights(checkpoint.model)))
    path = folder / "graph.onnx"
    path.write_bytes(template.graphs[graph])
    return runtime.InferenceSession(path, providers=["CPUExecutionProvider"])


def inputs_of(checkpoint: Checkpoint, conversation: Conversation) -> dict[str, np.ndarray]:
    return {name: x.numpy() for name, x in encodings(checkpoint, conversation).items()}


def test_every_shipped_checkpoint_has_its_graphs_and_no_graph_is_left_over():
    """`python -m recipes.graphs` makes them."""
    wanted = {f"{architecture_digest(opened(name))}.zip" for name in WITH_GRAPHS}
    assert {path.name for path in SHIPPED_GRAPHS.iterdir()} == wanted


@pytest.mark.parametrize("name", WITH_GRAPHS)
def test_the_answer_of_a_shipped_graph_is_pytorchs_under_every_kind_of_pattern(name, tmp_path):
    checkpoint = opened(name)
    runtime = session(find_template(checkpoint), checkpoint, "answer", tmp_path)
    names = [output.name for output in runtime.get_outputs()]
    for utterances in (1, 7, checkpoint.config.max_length):
        conversation = conversation_for(checkpoint, utterances)
        inputs = inputs_of(checkpoint, conversation)
        for pattern in patterns(conversation):
            shown = pattern & conversation.observed
            here = dict(zip(names, runtime.run(None, inputs | {"observed": shown}), strict=True))
            there = predict_conversation(checkpoint, conversation, pattern)
            wanted = {"fused": there.fused} | ({"weights": there.coordinator} if there.weighted else {})
            wanted |= {f"head.{u}": values for u, values in there.heads.items()}
            for output, values in wanted.items():
                np.testing.assert_allclose(here[output], values, atol=PARITY, rtol=0, err_msg=output)


@pytest.mark.parametrize("name", ["hazumi", "hazumi-no-prompting", "clips"])
def test_the_coalitions_of_a_shipped_graph_are_pytorchs(name, tmp_path):
    checkpoint = opened(name)
    runtime = session(find_template(checkpoint), checkpoint, "coalitions", tmp_path)
    conversation = conversation_for(checkpoint, 9)
    for pattern in patterns(conversation)[-2:]:
        shown = pattern & conversation.observed
        (fused,) = runtime.run(["fused"], inputs_of(checkpoint, conversation) | {"observed": shown})
        wanted = predict_coalitions(checkpoint, conversation, pattern).predictions["fused"]
        np.testing.assert_allclose(fused, wanted[1:-1], atol=PARITY, rtol=0)


@pytest.mark.parametrize("name", sorted(set(CHECKPOINTS) - set(WITH_GRAPHS)))
def test_a_method_without_a_graph_says_why(name):
    with pytest.raises(CompVizError, match=r"cannot become a graph: [A-Za-z].*\.$"):
        find_template(opened(name))
    assert obstacle(opened(name))


# The live figure


@pytest.fixture(scope="module")
def lab_figure() -> str:
    data = lab_data()
    origin = Origin(
        "checkpoints/lab", opened("lab"), "lab", data, hostile(data.find(data.utterances.ids[0])), "uniform(0.3)", 3
    )
    return live_figure(origin)


def lab_data() -> DataSet:
    return open_data("lab")


def hostile(conversation: Conversation) -> Conversation:
    """With markup wherever a file may have put it."""
    markup = "</script><img src=x onerror=alert(1)>"
    words = tuple(f"spoken {markup}" for _ in conversation.words)
    return replace(conversation, id=f"<b>{markup}", words=words, speakers=words)


def test_a_live_figure_is_one_file_that_may_connect_to_nothing(lab_figure):
    assert len(lab_figure) < 12_000_000
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', lab_figure)[1]
    assert "default-src 'none'" in policy
    assert "connect-src" not in policy
    assert "http:" not in policy
    assert not re.search(r"<(script|link|img|iframe)[^>]*(src|href)=", lab_figure)


def test_bytes_in_a_live_figure_are_text_that_ends_no_element_and_no_string():
    block = np.random.default_rng(1).bytes(4_099)
    text = encoded(block)
    assert base64.b85decode(text.replace(".", "<")) == block
    assert not set(text) & set("<\"'\\\n")


def test_the_largest_shipped_network_fits_into_a_live_figure():
    checkpoint = max(map(opened, WITH_GRAPHS), key=lambda each: sum(x.numel() for x in each.model.parameters()))
    conversation = conversation_for(checkpoint, checkpoint.config.max_length)
    blocks = [model_pack(checkpoint), conversation_pack(checkpoint, conversation)]
    held = [*map(compressed, blocks), *shared_blocks().values()]
    assert sum(len(encoded(block)) for block in held) < 0.99 * MOST_BYTES


def test_nothing_from_a_file_is_markup_in_a_live_figure(lab_figure):
    assert "<img src=x" not in lab_figure
    assert "</script><img" not in lab_figure
    for script in Path("comp_viz/report/live_figure").glob("*.js"):
        assert "innerHTML" not in script.read_text()
        assert "insertAdjacentHTML" not in script.read_text()


def test_words_are_in_a_live_figure_only_when_wanted(lab_figure):
    assert "spoken" not in lab_figure
    data = lab_data()
    conversation = hostile(data.find(data.utterances.ids[0]))
    facts = figure_facts(Origin("lab", opened("lab"), "lab", data, conversation, "found", 3), words=True)
    assert facts["transcripts"] == list(conversation.words)


def test_the_slider_of_a_live_figure_has_the_patterns_of_the_pages(lab_figure):
    facts = json.loads(re.search(r'id="facts">(.*?)</script>', lab_figure)[1])
    data = lab_data()
    utterances = Utterances.of([data.find(data.utterances.ids[0])])
    assert [each["rate"] for each in facts["drawn"]] == [round(0.05 * i, 2) for i in range(15)]
    for each in facts["drawn"]:
        wanted = Pattern.parse(f"uniform({each['rate']})")(utterances, data.task, np.random.default_rng(3))
        assert from_hex(each["observed"], *wanted.shape).tolist() == wanted.tolist()


def test_a_figure_of_another_method_names_its_source_and_not_comps_article():
    data = lab_data()
    conversation = data.find(data.utterances.ids[0])
    facts = {
        name: dict(about_figure(Origin(name, opened(name), "lab", data, conversation, "found", 1)))
        for name in ("lab", "hazumi-hcam")
    }
    assert facts["lab"]["How to cite"] == CITATION
    assert "How to cite" not in facts["hazumi-hcam"]
    assert "Dutta and Ganapathy, 2023" in facts["hazumi-hcam"]["Method"]


def test_a_title_is_a_sentence_about_any_method():
    data = lab_data()
    conversation = data.find(data.utterances.ids[0])
    titles = {
        name: figure_title(Origin(name, opened(name), "lab", data, conversation, "found", 1))
        for name in ("lab", "hazumi-gcnet", "hazumi-hcam")
    }
    assert titles["lab"].startswith("ComP reads conversation ")
    assert titles["hazumi-gcnet"].startswith("GCNet reads conversation ")
    assert titles["hazumi-hcam"].startswith("A network after HCAM")


def test_what_is_cited_is_what_the_citation_file_names():
    assert yaml.safe_load(Path("CITATION.cff").read_text())["preferred-citation"]["title"] in CITATION


# Packs


def test_a_pack_is_read_back_from_its_header():
    halves = np.array([1, -2, 3], np.float16)
    arrays = {"a": np.arange(3, dtype=np.float32), "b": np.array([[True, False]]), "c": b"xyz", "d": halves}
    content = pack({"name": "é"}, arrays)
    (length,) = struct.unpack_from("<I", content)
    header = json.loads(content[4 : 4 + length])
    assert header["facts"] == {"name": "é"}
    for name, values in arrays.items():
        where = header["arrays"][name]
        assert where["offset"] % 8 == 0
        own = content[4 + length + where["offset"] :][: where["length"]]
        if values is halves:  # lower bytes first, then the upper ones
            own = np.frombuffer(own, np.uint8).reshape(2, -1).T.tobytes()
        assert own == (values if isinstance(values, bytes) else values.tobytes())


def test_a_pack_takes_no_numbers_that_the_reader_does_not_know():
    with pytest.raises(ValueError, match="expected one of float32"):
        pack({}, {"a": np.zeros(2)})


def test_weights_are_sent_in_16_bits_only_where_that_loses_nothing():
    assert stored(torch.tensor([0.5, 2.0])).dtype == np.float16
    assert stored(torch.tensor([0.1, 2.0])).dtype == np.float32
    assert len(model_pack(opened("hazumi"))) < 4_000_000


# A whole network, traced here


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """A whole network as one file, called as the examples of the docs call it."""
    path = tmp_path_factory.mktemp("whole") / "hazumi.onnx"
    path.write_bytes(export_whole(opened("hazumi"), ["attention"]))
    return path


def example(language: str) -> str:
    """The example of the docs in a language."""
    return re.search(rf"^```{language}\n(.*?)^```", DOCS.read_text(), re.DOTALL | re.MULTILINE)[1]


def all_zero(runtime, path: Path, utterances: int) -> np.ndarray:
    """The fused prediction where all features are zero and everything is observed."""
    widths = opened("hazumi").config.widths
    given = {f"features.{name}": np.zeros((utterances, width), np.float32) for name, width in widths.items()}
    given["observed"] = np.ones((utterances, len(widths)), bool)
    return runtime.InferenceSession(path).run(["fused"], given)[0]


def test_the_example_of_the_docs_for_browsers_gives_the_same_numbers(whole, browser):
    runtime = pytest.importorskip("onnxruntime")
    page = browser.new_context().new_page()
    files = {
        "/": ("text/html", b"<!doctype html><title>a page</title>"),
        "/ort.mjs": ("text/javascript", RUNTIME_SCRIPT.read_bytes()),
        "/ort-wasm-simd-threaded.wasm": ("application/wasm", gzip.decompress(runtime_wasm())),
        "/hazumi.onnx": ("application/octet-stream", whole.read_bytes()),
    }
    for path, (kind, body) in files.items():
        page.route(f"https://page.test{path}", partial(Route.fulfill, content_type=kind, body=body))
    page.goto("https://page.test/")
    given = """const ort = await import("https://page.test/ort.mjs");
      const S = 20, [audio, text, video] = [384, 768, 66].map(width => new Float32Array(S * width));
      const observed = new Uint8Array(S * 3).fill(1);"""
    fused = page.evaluate(f"(async () => {{ {given} {example('js')} return [...fused.data]; }})()")
    np.testing.assert_allclose(fused, all_zero(runtime, whole, 20)[:, 0], atol=PARITY)
    page.context.close()


def test_an_exported_file_runs_the_example_of_the_docs_and_gives_pytorchs_numbers(whole, monkeypatch):
    runtime = pytest.importorskip("onnxruntime")
    checkpoint, path = opened("hazumi"), whole
    monkeypatch.chdir(whole.parent)
    known: dict[str, object] = {}
    exec(example("py"), known)
    assert known["fused"].shape == (20, 1)
    np.testing.assert_allclose(known["fused"], all_zero(runtime, whole, 20), atol=PARITY)
    session = runtime.InferenceSession(path)
    facts = session.get_modelmeta().custom_metadata_map
    assert facts["comp_viz.digest"] == checkpoint.digest
    assert json.loads(facts["comp_viz.modalities"]) == list(checkpoint.config.modalities)
    names = [output.name for output in session.get_outputs()]
    for utterances in (1, 6, checkpoint.config.max_length):
        conversation = conversation_for(checkpoint, utterances)
        features = {f"features.{name}": x for name, x in conversation.features.items()}
        for pattern in patterns(conversation):
            shown = pattern & conversation.observed
            here = dict(zip(names, session.run(None, features | {"observed": shown}), strict=True))
            inside = look_inside(checkpoint, conversation, pattern)
            np.testing.assert_allclose(here["fused"], inside.prediction.fused, atol=PARITY, rtol=0)
            np.testing.assert_allclose(here["weights"], inside.prediction.coordinator, atol=PARITY, rtol=0)
            for name, maps in inside.attention.items():
                np.testing.assert_allclose(here[f"attention.{name}"], maps, atol=PARITY, rtol=0)
    assert b"/comp_viz/" not in path.read_bytes()  # nothing of where it was made


def test_what_a_network_does_not_have_cannot_be_exported():
    with pytest.raises(CompVizError, match="has no prompts to export"):
        WholeNetwork(opened("hazumi-no-prompting"), ["prompts"])
    with pytest.raises(CompVizError, match="has no attention to export"):
        WholeNetwork(opened("hazumi-momke"), ["attention"])


def test_without_the_libraries_a_checkpoint_of_another_architecture_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(CompVizError, match=r"pip install 'comp-viz\[export\]'"):
        export_whole(opened("lab"))
    assert obstacle(opened("lab")) == ""  # its graphs ship
    monkeypatch.setattr("comp_viz.export.template.kept_template", lambda checkpoint: None)
    assert "comp-viz[export]" in obstacle(opened("lab"))


# In a browser


def answers_as_pytorch(page: Page, checkpoint: Checkpoint, conversation: Conversation) -> np.ndarray:
    """Whether the predictions, attention and contributions of a figure are those of the library; its pattern `[S, M]`."""
    page.evaluate("(async () => { await ask(); await contribute(); })()")  # the latest of all questions is answered
    seen = page.evaluate(
        "({observed: [...figure.observed], fused: [...state.answer.fused], attended: [...rollout(state.attention, 2, 1)],"
        " given: state.contributions.map(one => one.values)})"
    )
    observed = np.array(seen["observed"], bool).reshape(conversation.observed.shape)
    inside = look_inside(checkpoint, conversation, observed)
    np.testing.assert_allclose(seen["fused"], inside.prediction.fused[:, 0], atol=PARITY)
    np.testing.assert_allclose(seen["attended"], rollout(inside.attention["video"])[1], atol=PARITY)
    wanted = contribution(predict_coalitions(checkpoint, conversation, observed)).values.T
    np.testing.assert_allclose(seen["given"], wanted, atol=PARITY)
    return observed


def test_a_live_figure_answers_from_disk_without_a_network_as_pytorch_does(lab_figure, tmp_path):
    need(NO_BROWSER)
    path = tmp_path / "figure.html"
    path.write_text(lab_figure)
    data, checkpoint = lab_data(), opened("lab")
    conversation = data.find(data.utterances.ids[0])
    S = len(conversation)
    with chromium() as browser:
        page = browser.new_context(offline=True).new_page()
        asked, errors = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text))
        page.goto(path.as_uri())
        page.wait_for_selector("body[data-parity]", timeout=WAIT)
        assert float(page.get_attribute("body", "data-parity")) < PARITY

        page.locator("#switches button").nth(1).click()  # everything of text is given back
        page.locator("#switches button").nth(1).click()  # and taken away
        first, last = (page.locator(f'.cell[data-s="{s}"][data-m="0"]').bounding_box() for s in (2, 6))
        page.mouse.move(first["x"] + 2, first["y"] + 5)
        page.mouse.down()
        page.mouse.move(last["x"] + 2, last["y"] + 5)
        page.mouse.up()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("c")
        observed = answers_as_pytorch(page, checkpoint, conversation)
        assert not observed[np.arange(S) != 3, 1].any()
        assert observed[3].all()  # the column was given back
        assert len(set(observed[[2, 4, 5, 6], 0])) == 1  # painted alike
        for keys in (["ArrowRight", " "], ["c"], ["r"]):  # of one modality, of all: the other coalitions are known
            for key in keys:
                page.keyboard.press(key)
            answers_as_pytorch(page, checkpoint, conversation)
        assert errors == []
        assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []


# A lecture


@pytest.fixture(scope="module")
def lecture(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("lecture") / "missing"
    assert main(["lecture", "missing", "--out", str(folder)]) == 0
    return folder


def test_a_lecture_has_a_page_for_every_step_and_its_runtime_once(lecture):
    story = read_story(Path("stories/missing.yaml"))
    index = (lecture / "index.html").read_text()
    for number, step in enumerate(story.steps, start=1):
        page = (lecture / f"step-{number}.html").read_text()
        assert escape(step.say) in index
        assert escape(step.say) in page
        assert escape(step.ask) in page
        assert escape(step.notes) not in page  # for whoever presents
        facts = json.loads(re.search(r'id="facts">(.*?)</script>', page)[1])
        assert facts["guess"]
        missing = np.array(facts["saved"]["fused"]) != np.array(facts["complete"]["fused"])
        assert missing.any() == ("pattern" in step.view)
    assert len([*(lecture / "parts").glob("wasm*")]) == len([*(lecture / "parts").glob("model*")]) == 1
    linked = {
        link for page in lecture.glob("*.html") for link in re.findall(r'(?:src|href)="([^"]*)"', page.read_text())
    }
    assert all((lecture / link).is_file() for link in linked)


def test_a_lecture_never_writes_over_what_is_there(lecture, capsys):
    before = (lecture / "index.html").read_bytes()
    assert main(["lecture", "missing", "--out", str(lecture)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert (lecture / "index.html").read_bytes() == before


def test_a_lecture_of_a_story_there_is_not_names_those_there_are(tmp_path, capsys):
    assert main(["lecture", "nothing", "--out", str(tmp_path / "out")]) == 2
    assert "dominance" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_commands_write_the_file_they_are_asked_for_and_refuse_other_endings(tmp_path, capsys):
    out = tmp_path / "figure.html"
    assert main(["figure", "checkpoints/lab", "--data", "lab", "--missing", "uniform(0.3)", "--out", str(out)]) == 0
    text = out.read_text()
    assert "comp-viz figure checkpoints/lab --data lab --conversation" in text
    assert opened("lab").digest in text
    assert main(["figure", "checkpoints/lab", "--data", "lab", "--out", str(tmp_path / "figure.txt")]) == 2
    assert main(["export", "checkpoints/lab", "--onnx", str(tmp_path / "lab.txt")]) == 2
    assert "ends with .onnx" in capsys.readouterr().err
