"""Parts of the clip library by themselves: cutting, extractors, weights, what a card says, storing, the batch command."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import clip_cases
import numpy as np
import pandas as pd
import pytest
import torch
from clip_files import make_clip, tone
from hypothesis import given, settings
from hypothesis import strategies as st
from needs import need

from comp_viz.__main__ import main
from comp_viz.analysis.clips.batch import clips_in, prediction_rows
from comp_viz.checkpoint.card import CHECKPOINT_FORMAT, Card
from comp_viz.checkpoint.folder import load_checkpoint, save_checkpoint
from comp_viz.clips import decode, faces, weights, whisper
from comp_viz.clips import requirements as ready
from comp_viz.clips.clip import Face
from comp_viz.clips.cutting import cut
from comp_viz.clips.extractors import manet, minilm, published_audio, published_text, published_video
from comp_viz.clips.extractors.hub import EXTRA
from comp_viz.clips.extractors.registry import EXTRACTORS, extractor, extractors_missing, feature_names
from comp_viz.clips.requirements import CLIPS
from comp_viz.clips.settings import Cutting, Settings, settings_for
from comp_viz.clips.source import DEFAULT_EXTRACTORS, extractor_source, named_in
from comp_viz.clips.span import Word
from comp_viz.clips.store import load_clip, save_clip
from comp_viz.clips.voice import voiced_share
from comp_viz.clips.weights import File, checked_parts, content, weights_missing
from comp_viz.data.batch import Batch, Standardiser
from comp_viz.data.conversation import Conversation, Task
from comp_viz.errors import CompVizError
from comp_viz.network.bank import prototype_bank
from comp_viz.network.config import ComPConfig
from comp_viz.network.model import ComP
from comp_viz.versions import versions

CUTTING = Cutting()


def words(*times: tuple[float, float], ends: str = "") -> list[Word]:
    return [Word(f"w{i}{'.' if str(i) in ends else ''}", a, b, 0.9) for i, (a, b) in enumerate(times)]


def test_sentences_and_pauses_end_utterances():
    spans = cut(words((0, 1), (1.1, 2), (2.1, 3), (4, 5), ends="1"), 5.5, CUTTING)
    assert [span.text for span in spans] == ["w0 w1.", "w2", "w3"]
    assert spans[0].end <= spans[1].start
    assert spans[1].end == pytest.approx(3.15)  # a little room, but never into the neighbour


def test_short_cries_join_the_nearer_neighbour():
    spans = cut(words((0, 1), (1.2, 1.4), (1.5, 2.5), ends="01"), 2.5, CUTTING)
    assert [span.text for span in spans] == ["w0.", "w1. w2"]


def test_long_speech_is_cut_at_its_longest_pause():
    times = [(i, i + 0.9) for i in range(10)] + [(i + 0.4, i + 1.3) for i in range(10, 20)]
    spans = cut(words(*times), 22, CUTTING)
    assert [len(span.words) for span in spans] == [10, 10]


def test_where_nobody_speaks_there_are_windows():
    assert [round(s.end - s.start, 2) for s in cut([], 14.2, CUTTING)] == [4.73, 4.73, 4.73]
    spans = cut(words((5, 6)), 6.5, CUTTING)
    assert [bool(span.words) for span in spans] == [False, True]
    assert len(cut([], 0.05, CUTTING)) == 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0.01, 3), st.booleans()), max_size=30), st.floats(0.1, 5))
def test_utterances_never_overlap_and_lose_no_word(pieces, rest):
    at, made = 0.0, []
    for gap, length, ends in pieces:
        made.append(Word("w." if ends else "w", at + gap, at + gap + length, 0.5))
        at += gap + length
    spans = cut(made, at + rest, CUTTING)
    edges = [edge for span in spans for edge in (span.start, span.end)]
    assert edges == sorted(edges)
    assert [word for span in spans for word in span.words] == made
    assert spans


def test_share_of_voice():
    assert voiced_share([(0, 1), (2, 4)], 2, 1) == pytest.approx(0.5)
    assert voiced_share([(0, 1), (2, 4)], 4) == pytest.approx(0.75)
    assert voiced_share([], 0) == 0


def test_a_card_names_its_extractors():
    sources = Settings().sources
    assert sources["audio"] == "whisper-base encoder + eGeMAPS v02 (comp_viz clips 2)"
    assert named_in(sources) == DEFAULT_EXTRACTORS
    assert settings_for(sources, "mine") == Settings()
    assert named_in({"audio": "openSMILE"}) is None
    assert named_in(sources | {"text": "MiniLM-L6 sentence (comp_viz clips 0)"}) is None
    with pytest.raises(CompVizError, match="not trained on features"):
        settings_for({"audio": "openSMILE"}, "mine")


def test_settings_have_a_digest_of_all_they_hold():
    a, b = Settings(), Settings(cutting=Cutting(pause=0.7))
    assert a.digest == Settings().digest != b.digest


def test_every_extractor_says_what_it_is():
    assert {e.modality for e in EXTRACTORS.values()} == {"audio", "text", "video"}
    for name, e in EXTRACTORS.items():
        assert e.name == name
        assert e.dims == len(set(e.feature_names))
        assert all((e.licence, e.about, e.get))
        assert e.ready() is None or ("Run " in e.ready() or "Get " in e.ready())
        assert " + " not in name
        assert named_in({"x": extractor_source((name,))}) == (("x", (name,)),)
    assert len(feature_names(("whisper-base encoder", "eGeMAPS v02"))) == 600
    with pytest.raises(CompVizError, match="expected one of whisper"):
        extractor("openSMILE")


def test_without_libraries_it_says_which_command_mends_it(monkeypatch):
    import importlib.util

    monkeypatch.setattr(ready, "find_spec", lambda name: None)
    for name, e in EXTRACTORS.items():
        if name != "MA-Net":  # asks for its file first
            assert "is not installed. Run " in extractors_missing((name,))
            assert e.get.startswith((CLIPS, EXTRA))
    for problem in (decode.decoder_missing(), faces.faces_missing(), whisper.whisper_missing()):
        assert str(problem).endswith(f"Run {CLIPS}.")
    monkeypatch.undo()
    monkeypatch.setattr(weights, "find_spec", lambda name: None)
    assert f"Run {CLIPS}, or put" in (weights_missing(weights.FACE) or "")
    assert importlib.util.find_spec("comp_viz")


def test_weights_come_from_the_folder_and_are_checked(tmp_path, monkeypatch):
    monkeypatch.setenv(weights.FOLDER, str(tmp_path))
    good = File("some/model.bin", hashlib.sha256(b"right").hexdigest(), (), ("", ""))
    assert "some/model.bin" in weights_missing([good])
    (tmp_path / "some").mkdir()
    (tmp_path / "some/model.bin").write_bytes(b"right")
    assert weights_missing([good]) is None
    assert content(good) == b"right"
    checked_parts.cache_clear()
    (tmp_path / "some/model.bin").write_bytes(b"wrong")
    with pytest.raises(CompVizError, match="not the official file"):
        content(good)


def test_packaged_parts_are_joined_in_order(tmp_path, monkeypatch):
    for part in ("one", "two"):
        (tmp_path / f"pack_{part}").mkdir()
        (tmp_path / f"pack_{part}" / "__init__.py").write_text(
            "raise SystemExit('a package of data is never imported')"
        )
        (tmp_path / f"pack_{part}" / "model").write_text(part)
    monkeypatch.syspath_prepend(str(tmp_path))
    file = File("m", hashlib.sha256(b"onetwo").hexdigest(), (("pack_one", "model"), ("pack_two", "model")), ("", ""))
    assert content(file) == b"onetwo"


def test_speech_recognition_leaves_the_number_of_threads_as_it_was():
    need(whisper.whisper_missing())
    assert torch.get_num_threads() == 1
    whisper.whisper_model.__wrapped__()
    assert torch.get_num_threads() == 1


def test_sentences_of_like_meaning_lie_closer():
    need(minilm.minilm_missing())
    embed = minilm.load()
    happy, glad, tax = (
        embed(s) for s in ("I am so happy today.", "What a joyful day!", "The invoice is due in March.")
    )
    assert np.linalg.norm(happy) == pytest.approx(1, abs=1e-5)
    assert happy @ glad > 0.5 > 0.2 > happy @ tax
    assert embed("").shape == embed("word " * 2000).shape == (384,)


def small_face(rng) -> Face:
    marks = rng.random((478, 2)).astype(np.float32)
    return Face(0.0, (0, 0, 9, 9), marks, rng.random(52).astype(np.float32), np.zeros(3, np.float32), rng.integers(0, 255, (224, 224, 3), np.uint8), marks)  # fmt: skip


def test_manet_makes_1024_features_of_faces(tmp_path, monkeypatch, rng):
    torch.manual_seed(0)
    model = manet.MANet().eval()
    published = {f"module.{name}": x for name, x in model.state_dict().items()}
    published |= {"module.fc_1.weight": torch.zeros(7, 512), "module.fc_2.bias": torch.zeros(7)}
    torch.save({"state_dict": published}, tmp_path / "manet.pth")
    monkeypatch.setenv(weights.FOLDER, str(tmp_path))
    assert published_video.weight_file() == tmp_path / "manet.pth"
    faces = [small_face(rng) for _ in range(3)]
    got = published_video.load()(faces)
    crops = torch.stack([torch.from_numpy(face.crop) for face in faces]).permute(0, 3, 1, 2) / 255
    with torch.inference_mode():
        expected = torch.stack([model(crop[None])[0] for crop in crops]).mean(0).numpy()
    assert got.shape == (1024,)
    assert np.allclose(got, expected, atol=1e-5)
    del published["module.layer1.0.conv1.weight"]
    torch.save({"state_dict": published}, tmp_path / "manet.pth")
    with pytest.raises(CompVizError, match="MA-Net's weights"):
        published_video.load()


def test_manet_looks_at_each_quarter_with_its_own_network():
    torch.manual_seed(0)
    model = manet.MANet().eval()
    with torch.inference_mode():
        whole = model(torch.rand(1, 3, 224, 224))[0]
        for parameter in model.get_submodule("layer4_1_p3").parameters():
            parameter.zero_()
    assert whole.shape == (1024,)
    names = set(model.state_dict())
    assert {"layer3_1_p4.0.cbam.ChannelGate.mlp.1.weight", "layer4_2.1.conv2_2_3.weight", "layer2.0.downsample.1.running_mean"} <= names  # fmt: skip


def test_published_audio_and_text_by_transformers():
    import transformers

    torch.manual_seed(0)
    config = transformers.Wav2Vec2Config(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, conv_dim=(8,) * 7)  # fmt: skip
    model = transformers.Wav2Vec2Model(config).eval()
    sound = tone(1)
    got = published_audio.wav2vec_features(model, sound)
    assert got.shape == (16,)
    assert np.allclose(
        got, published_audio.wav2vec_features(model, sound * 0.5), atol=1e-3
    )  # loudness is taken out first
    assert published_audio.wav2vec_features(model, sound[:10]).shape == (16,)
    config = transformers.DebertaConfig(vocab_size=50, hidden_size=16, num_hidden_layers=4, num_attention_heads=2, intermediate_size=32)  # fmt: skip
    text = transformers.DebertaModel(config).eval()

    def tokenizer(words, **options):
        return {"input_ids": torch.tensor([[1, *(2 + len(word) for word in words.split()), 2]])}

    assert published_text.deberta_features(text, tokenizer, "one more word").shape == (16,)


def test_wav2vec_features_are_pooled_over_time():
    class Model:
        def __call__(self, sound):
            assert sound.shape[0] == 1
            assert abs(float(sound.mean())) < 1e-4
            return type("Out", (), {"last_hidden_state": torch.tensor([[[1.0, 2.0], [3.0, 6.0]]])})

    assert published_audio.wav2vec_features(Model(), tone(1)).tolist() == [2.0, 4.0]


@pytest.fixture(scope="module")
def clip_checkpoint(tmp_path_factory) -> Path:
    """An untrained checkpoint that reads the default extractors' features."""
    torch.manual_seed(3)
    dims = tuple(len(feature_names(names)) for _, names in DEFAULT_EXTRACTORS)
    task = Task("emotion", ("neutral", "happy", "sad", "angry"))
    config = ComPConfig(
        ("audio", "text", "video"), dims, max_length=8, hidden=8, prompt=3, prototypes=4, heads=2, outputs=4
    )
    rng = np.random.default_rng(0)
    training = [
        Conversation(f"c{i}", {m: rng.normal(size=(8, d)).astype(np.float32) for (m, _), d in zip(DEFAULT_EXTRACTORS, dims, strict=True)}, np.ones((8, 3), bool), rng.integers(0, 4, 8).astype(np.float32), ("",) * 8, ("",) * 8, ("s",) * 8, np.ones(8, np.float32))
        for i in range(3)
    ]  # fmt: skip
    standardise = Standardiser.fit(training)
    model = ComP(config).eval()
    model.bank = prototype_bank(model, Batch.of(training, standardise))
    card = Card(CHECKPOINT_FORMAT, "Clips", config, task, Settings().sources, None, None, (), versions())
    folder = tmp_path_factory.mktemp("checkpoint") / "clips"
    save_checkpoint(folder, model, card, standardise)
    return folder


def test_clips_in_folders_are_found(tmp_path):
    (tmp_path / "deep").mkdir()
    for name in ("a.mp4", "deep/b.WAV", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in clips_in([tmp_path])] == ["a.mp4", "b.WAV"]
    assert clips_in([tmp_path / "notes.txt", tmp_path / "notes.txt"]) == [tmp_path / "notes.txt"]
    with pytest.raises(CompVizError, match="There is no"):
        clips_in([tmp_path / "absent"])


def test_batch_goes_on_after_bad_files_and_resumes(clip_checkpoint, tmp_path, capsys):
    clips = tmp_path / "clips"
    clips.mkdir()
    make_clip(clips / "a.mkv", seconds=12, sound=tone(12))
    (clips / "b.mp4").write_text("no clip")
    out = tmp_path / "out" / "results.parquet"
    command = ["analyse", str(clips), "--checkpoint", str(clip_checkpoint), "--out", str(out)]
    assert main([*command, "--json"]) == 1
    printed = capsys.readouterr()
    assert "b.mp4" in printed.err
    assert len(json.loads(printed.out)) == 4
    table = pd.read_parquet(out)
    good = table[table["error"] == ""]
    assert good["utterance"].tolist() == [1, 2, 3]
    assert good["missing audio"].str.startswith("no voice").all()  # a tone is none, so nothing at all is observed
    assert good[["prediction", "p neutral", "p happy", "p sad", "p angry", "weight audio"]].isna().to_numpy().all()
    assert (good["warnings"] == "nothing is observed, so nothing is predicted").all()
    assert (good["missing video"].str.startswith("no face") | good["missing video"].ne("")).all()
    make_clip(clips / "b.mp4", sound=tone(1))
    first = out.stat().st_mtime_ns
    assert main(command) == 0
    again = pd.read_parquet(out)
    assert out.stat().st_mtime_ns > first
    assert sorted({Path(f).name for f in again["file"]}) == ["a.mkv", "b.mp4"]
    assert (
        again[again["file"].str.endswith("a.mkv")]
        .reset_index(drop=True)["p sad"]
        .equals(good["p sad"].reset_index(drop=True))
    )
    again.assign(checkpoint="another").to_parquet(out)
    assert main(command) == 2
    assert "another checkpoint" in capsys.readouterr().err
    assert len(pd.read_parquet(out)) == len(again)


def test_rows_carry_the_prediction_of_what_is_observed_and_the_notes_of_the_file(tmp_path, monkeypatch):
    clip_cases.write_reader(tmp_path / "reader")
    clip = clip_cases.make_clip(tmp_path, utterances=4)
    silent = ("no voice",) * 3
    clip = replace(
        clip,
        media=replace(clip.media, notes=("Two damaged pieces were skipped.", "Times ran backwards.")),
        reasons={"audio": ("", *silent), "text": ("", "", "no speech", "no speech"), "video": ("no face",) * 4},
    )
    checkpoint = load_checkpoint(tmp_path / "reader")
    table = pd.DataFrame(prediction_rows(clip, checkpoint))
    shares = table[[f"p {name}" for name in checkpoint.card.task.classes]].to_numpy()
    assert np.allclose(shares[:2].sum(1), 1, atol=1e-5)
    assert table["prediction"][:2].tolist() == [checkpoint.card.task.classes[i] for i in shares[:2].argmax(1)]
    assert np.isnan(shares[2:]).all()
    assert table["prediction"][2:].isna().all()
    assert table["warnings"].tolist() == ["", "", *["nothing is observed, so nothing is predicted"] * 2]
    assert set(table["notes"]) == {"Two damaged pieces were skipped. Times ran backwards."}


def test_a_checkpoint_for_other_features_is_refused(small_checkpoint, tmp_path, capsys):
    make_clip(tmp_path / "a.mp4", sound=tone(1))
    assert (
        main(["analyse", str(tmp_path / "a.mp4"), "--checkpoint", str(small_checkpoint), "--out", str(tmp_path / "o")])
        == 2
    )
    assert "not trained on features" in capsys.readouterr().err


def test_ray_gives_the_same_rows(clip_checkpoint, tmp_path):
    pytest.importorskip("ray.data")
    make_clip(tmp_path / "a.mkv", seconds=3, sound=tone(3))
    (tmp_path / "b.mp4").write_text("no clip")
    tables = []
    for engine in ("here", "ray"):
        out = tmp_path / f"{engine}.parquet"
        arguments = [
            "analyse",
            str(tmp_path),
            "--checkpoint",
            str(clip_checkpoint),
            "--out",
            str(out),
            "--engine",
            engine,
        ]
        assert main(arguments) == 1
        tables.append(pd.read_parquet(out).sort_values("file").reset_index(drop=True))
    pd.testing.assert_frame_equal(*tables, check_like=True)


def test_a_clip_that_does_not_fit_says_which_modality(clip_checkpoint, tmp_path):
    from comp_viz.clips.analyse import analyse

    clip = analyse(make_clip(tmp_path / "a.wav", rate=0, sound=tone(2)), tmp_path / "kept")
    card = load_checkpoint(clip_checkpoint).card
    assert clip.misfit(card) == ""
    other = replace(card, sources={**card.sources, "text": "DeBERTa-large (comp_viz clips 2)"})
    assert "DeBERTa-large" in clip.misfit(other)


def test_a_clip_is_stored_whole_or_not_at_all(tmp_path, monkeypatch):
    clip = clip_cases.make_clip(tmp_path)
    monkeypatch.setattr(np, "savez", lambda *_, **__: (_ for _ in ()).throw(OSError("no space left")))
    with pytest.raises(OSError, match="no space"):
        save_clip(clip, tmp_path / "kept.clip")
    assert [path.name for path in tmp_path.iterdir()] == ["media"]
    monkeypatch.undo()
    for _ in range(2):  # by someone else meanwhile
        save_clip(clip, tmp_path / "kept.clip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept.clip", "media"]
    again = load_clip(tmp_path / "kept.clip", tmp_path / "media", clip.settings, clip.name)
    assert (again.spans, again.reasons, again.media) == (clip.spans, clip.reasons, clip.media)
