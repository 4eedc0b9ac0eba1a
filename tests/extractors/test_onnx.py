"""`onnx:FILE`: fed as its description says, streamed, stored frame by frame, refused in a line."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from onnx import TensorProto, helper
from tiny_encoders import (
    WAVEFORM,
    WINDOW,
    weights,
    write_graph,
    write_linear,
    write_picture_means,
)

import affuse
from affuse.config import FusionConfig, load_config
from affuse.errors import ConfigError, FeatureError, WeightsError
from affuse.extractors.encoders.description import LogMel
from affuse.extractors.encoders.feeding import log_mel
from affuse.features.context import RunContext
from affuse.features.extract import extract_features
from affuse.features.sources import make_source
from affuse.features.store import FeatureStore
from affuse.fusion.registry import make_fusion
from affuse.media.audio import Sound
from affuse.models.attentive_pooling import AttentivePooling


@pytest.fixture
def signal() -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.random.default_rng(1).uniform(-0.5, 0.5, 2100).astype(np.float32)


def by_hand(signal: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Windows of 800 samples every 400, the last one ended by silence, times the weights."""
    starts = range(0, len(signal) - WINDOW + 400, 400)
    windows = [np.pad(signal[s : s + WINDOW], (0, WINDOW))[:WINDOW] for s in starts]
    return np.stack(windows) @ weights()


def test_frames_are_those_of_the_graph_on_each_window(tmp_path: Path, signal: Any) -> None:
    made = affuse.extractor(f"onnx:{write_linear(tmp_path / 'a.onnx')}", pooling="none")
    frames = made.stored.extract(Sound(signal, 8000))
    assert made.stored.axes == ("time", "feature")
    np.testing.assert_allclose(frames, by_hand(signal), atol=1e-4)
    kept = made.extract(Sound(signal, 8000))
    assert kept.shape == made.shape == (600, 4)
    np.testing.assert_allclose(kept[: len(frames)], by_hand(signal), atol=0.05)
    assert np.isnan(kept[len(frames) :]).all()


def test_windows_are_normalised_over_their_own_samples(tmp_path: Path, signal: Any) -> None:
    path = write_linear(tmp_path / "a.onnx", {**WAVEFORM, "normalise": True, "hop_s": 0.1})
    given = 0.2 * signal + 0.3
    frames = affuse.extractor(f"onnx:{path}", pooling="none").stored.extract(Sound(given, 8000))
    own = [given[first : first + WINDOW] for first in range(0, len(given), WINDOW)]
    filled = [np.pad((one - one.mean()) / one.std(), (0, WINDOW - len(one))) for one in own]
    np.testing.assert_allclose(frames, np.stack(filled) @ weights(), rtol=2e-3, atol=0.02)
    assert len(own[-1]) < WINDOW


def test_frames_whose_weights_are_learned_are_kept_over_time(tmp_path: Path, signal: Any) -> None:
    path = write_linear(tmp_path / "a.onnx")
    made = affuse.extractor(f"onnx:{path}", pooling="attentive")
    plain = affuse.extractor(f"onnx:{path}", pooling="none")
    assert (made.axes, made.shape) == (plain.axes, plain.shape)
    sound = Sound(signal, 8000)
    np.testing.assert_array_equal(made.extract(sound), plain.extract(sound))
    assert made.settings() != plain.settings()
    assert made.label == "a, attentive pooling, training data unknown"
    learner = made.learned(affuse.load_config("quick"))
    assert isinstance(learner(3), AttentivePooling)
    assert learner(3).random_state == 3
    assert plain.learned(affuse.load_config("quick")) is None


def test_a_stream_gives_the_frames_of_the_whole(tmp_path: Path, signal: Any) -> None:
    path = write_linear(tmp_path / "a.onnx")
    whole = affuse.extractor(f"onnx:{path}", batch_size=1).stored
    blocks = [Sound(each, 8000) for each in np.array_split(signal, 7)]
    np.testing.assert_array_equal(whole.extract(iter(blocks)), whole.extract(Sound(signal, 8000)))
    np.testing.assert_array_equal(
        affuse.extractor(f"onnx:{path}", batch_size=3).stored.extract(iter(blocks)).shape,
        by_hand(signal).shape,
    )


def test_frames_come_while_the_sound_is_read(tmp_path: Path, signal: Any) -> None:
    """Memory does not grow with a recording: a batch needs its own windows alone."""
    made = affuse.extractor(f"onnx:{write_linear(tmp_path / 'a.onnx')}", batch_size=2).stored
    n_read = 0

    def blocks() -> Iterator[Sound]:
        nonlocal n_read
        for _ in range(1000):
            n_read += 1
            yield Sound(signal[:400], 8000)

    parts = made.parts(blocks())
    assert [len(next(parts)) for _ in range(3)] == [2, 2, 2]
    assert n_read == 7


def test_statistics_are_mean_and_deviation_over_time(tmp_path: Path, signal: Any) -> None:
    path = write_linear(tmp_path / "a.onnx")
    frames = by_hand(signal)
    found = affuse.extractor(f"onnx:{path}").extract(Sound(signal, 8000))
    np.testing.assert_allclose(found, [*frames.mean(0), *frames.std(0)], rtol=5e-3, atol=5e-3)
    mean = affuse.extractor(f"onnx:{path}", pooling="mean")
    assert mean.shape == (4,)
    np.testing.assert_allclose(mean.extract(Sound(signal, 8000)), found[:4])


def test_stored_frames_serve_every_pooling(tmp_path: Path, signal: Any) -> None:
    path = write_linear(tmp_path / "a.onnx")
    soundfile.write(tmp_path / "a.wav", signal, 8000, subtype="FLOAT")
    index = affuse.Index((affuse.Clip("a", "calm", "Ann", audio=tmp_path / "a.wav"),))
    store = FeatureStore(tmp_path / "store")
    found = {}
    for pooling in ("statistics", "mean", "none"):
        source = affuse.extractor(f"onnx:{path}", pooling=pooling, limit_s=20)
        table = extract_features(index, {"audio": source}, RunContext(store=store)).table
        found[pooling] = table.arrays["audio"]
        assert store.size()[0] == 1
    (stored,) = (np.load(each) for each in store.root.glob("??/*.npy"))
    assert (stored.dtype, stored.shape) == (np.float16, (5, 4))
    np.testing.assert_allclose(stored, by_hand(signal), atol=0.05)
    assert found["none"].axes == ("clip", "time", "feature")
    assert found["none"].shape == (1, 400, 4)
    np.testing.assert_array_equal(found["none"].rows([0])[0, :5], stored)
    np.testing.assert_array_equal(found["none"].positions([0, 0], [2, 9])[0], stored[2])
    assert found["statistics"].shape == (1, 8)
    np.testing.assert_array_equal(found["mean"].rows([0]), found["statistics"].rows([0])[:, :4])
    other = affuse.extractor(f"onnx:{path}", pooling="none", limit_s=20)
    assert other.settings() != affuse.extractor(f"onnx:{path}").settings()


def test_how_long_the_longest_clip_may_be_changes_no_answer(tmp_path: Path) -> None:
    """Attention over two encoders: what lies after a clip's end is no step of it."""
    path = write_linear(tmp_path / "a.onnx")
    clips, rng = [], np.random.default_rng(0)
    for number in range(8):
        name, emotion = str(number), ("calm", "angry")[number % 2]
        sound = rng.standard_normal(1600 + 400 * number) * (0.05 + 0.1 * (number % 2))
        soundfile.write(tmp_path / f"{name}.wav", sound, 8000, subtype="FLOAT")
        clips.append(affuse.Clip(name, emotion, "Ann", audio=tmp_path / f"{name}.wav"))
    index = affuse.Index(tuple(clips))
    settings = FusionConfig(settings={"cross_attention": {"epochs": 3}})
    answers, rows = [], []
    for limit_s in (1, 20):
        source = affuse.extractor(f"onnx:{path}", pooling="none", limit_s=limit_s)
        steps = affuse.extract(index, audio=source).arrays["audio"]
        rows.append(steps.flat())
        table = affuse.FeatureTable.from_arrays(index, audio=steps, video=steps)
        fusion = make_fusion("cross_attention", None, settings, seed=0)
        answers.append(fusion.fit(table).predict_proba(table))
    np.testing.assert_array_equal(*answers)
    assert not rows[1][:, rows[0].shape[1] :].any()
    np.testing.assert_array_equal(rows[1][:, : rows[0].shape[1]], rows[0])


def test_another_file_or_description_has_other_keys(tmp_path: Path) -> None:
    first = affuse.extractor(f"onnx:{write_linear(tmp_path / 'a.onnx')}")
    moved = affuse.extractor(f"onnx:{write_linear(tmp_path / 'b.onnx')}")
    assert first.settings() == moved.settings()
    assert pickle.loads(pickle.dumps(first)) == first
    scaled = write_linear(tmp_path / "c.onnx", {**WAVEFORM, "deviation": 2.0})
    assert affuse.extractor(f"onnx:{scaled}").settings() != first.settings()


def test_scale_and_chain_of_graphs(tmp_path: Path, signal: Any) -> None:
    double = helper.make_node("Add", ["x", "x"], ["y"])
    write_graph(tmp_path / "first.onnx", [double], ["n", WINDOW], {}, None)
    before = [{"file": "first.onnx", "mean": 1.0, "deviation": 0.5}]
    described = {**WAVEFORM, "mean": 0.1, "deviation": 4.0, "before": before}
    path = write_linear(tmp_path / "a.onnx", described)
    found = affuse.extractor(f"onnx:{path}").stored.extract(Sound(signal[:WINDOW], 8000))
    fed = (2 * (signal[:WINDOW] - 0.1) / 4 - 1) / 0.5
    np.testing.assert_allclose(found[0], fed @ weights(), atol=1e-3)


def test_time_within_windows_and_layers(tmp_path: Path, signal: Any) -> None:
    """An output (layer, window, band, time) becomes frames (time, layer, band)."""
    nodes = [
        helper.make_node("Reshape", ["x", "shape"], ["r"]),
        helper.make_node("Concat", ["r", "r", "r"], ["y"], axis=0),
    ]
    shape = np.array([1, -1, 8, 100], np.int64)
    described = {"input": "waveform", "sample_rate": 8000, "window_s": 0.1}
    described["axes"] = ["layer", "window", "feature", "time"]
    path = tmp_path / "a.onnx"
    write_graph(path, nodes, ["n", WINDOW], {"shape": shape}, described)
    with pytest.raises(WeightsError, match='the first "window"'):
        affuse.extractor(f"onnx:{path}")
    nodes.append(helper.make_node("Transpose", ["y"], ["z"], perm=[1, 0, 2, 3]))
    nodes[-1].output[0], nodes[1].output[0], nodes[-1].input[0] = "y", "c", "c"
    described["axes"] = ["window", "layer", "feature", "time"]
    write_graph(path, nodes, ["n", WINDOW], {"shape": shape}, described)
    frames = affuse.extractor(f"onnx:{path}").stored
    assert frames.axes == ("time", "layer", "feature")
    found = frames.extract(Sound(signal[:1600], 8000))
    assert found.shape == (200, 3, 8)
    np.testing.assert_allclose(
        found[:, 1], signal[:1600].reshape(2, 8, 100).swapaxes(1, 2).reshape(200, 8)
    )


def test_log_mel_agrees_with_librosa(librosa: Any, signal: Any) -> None:
    found = log_mel(signal[None], 8000, LogMel(bands=20, n_fft=256))
    power = librosa.feature.melspectrogram(
        y=signal, sr=8000, n_fft=256, win_length=200, hop_length=80, n_mels=20, center=False
    )
    n = power.shape[1]
    # librosa centres a short window in the frame of the transform: 28 samples later.
    shifted = log_mel(signal[None, 28:], 8000, LogMel(bands=20, n_fft=256))
    np.testing.assert_allclose(shifted[0, :, : n - 1], np.log(power)[:, : n - 1], atol=1e-3)
    assert found.shape == (1, 20, 24)


def test_pictures_are_scaled_and_laid_out(tmp_path: Path) -> None:
    described = {
        "input": "picture", "view": "centre", "size": [16, 16], "per_s": 5, "colour": "bgr",
        "mean": [0.5, 0.25, 0.0], "deviation": [1.0, 0.5, 2.0],
        "axes": ["window", "feature", "height", "width"],
    }  # fmt: skip
    path = write_picture_means(tmp_path / "a.onnx", described)
    made = affuse.extractor(f"onnx:{path}")
    picture = np.zeros((32, 64, 3), np.uint8)
    picture[:, 16:48] = 255, 51, 0
    frames = made.stored.extract(iter([picture, picture]))
    assert made.modality == "video"
    assert frames.shape == (2, 3, 1, 1)
    np.testing.assert_allclose(frames[0, :, 0, 0], [-0.5, -0.1, 0.5], atol=1e-6)
    grey = {**described, "colour": "grey", "mean": 0.0, "deviation": 1.0}
    with pytest.raises(WeightsError, match=r"shape \(n, 3, 16, 16\)|gives one of shape"):
        affuse.extractor(f"onnx:{write_picture_means(tmp_path / 'b.onnx', grey)}")


def test_clips_without_a_face_are_left_out(tmp_path: Path) -> None:
    described = {
        "input": "picture", "size": [16, 16], "axes": ["window", "feature", "height", "width"]
    }  # fmt: skip
    made = affuse.extractor(f"onnx:{write_picture_means(tmp_path / 'a.onnx', described)}")
    with pytest.raises(FeatureError, match="no face was found in any of 2 frames"):
        made.extract(iter([np.zeros((64, 64, 3), np.uint8)] * 2))


_CHANGES: dict[str, dict[str, Any]] = {
    "missing key": {"window_s": None},
    "unknown key": {"windows": 1},
    "rank": {"layout": ["window", "channel", "sample"]},
    "length": {"window_s": 0.2},
    "axes": {"axes": ["window", "time", "feature"], "hop_s": 0.1},
    "output": {"output": "z"},
    "before": {"before": [{"file": "mel.onnx"}]},
    "means": {"mean": [1.0, 2.0]},
    "endless": {"window_s": 1e7},
    "no step": {"hop_s": 1e-9},
    "division": {"deviation": 0.0},
    "beyond": {"mean": 1e300},
    "twice": {"axes": ["window", "window"]},
    "layout": {"layout": ["window", "sample", "sample"]},
    "nameless corpus": {"trained_on": [""]},
    "means before": {"before": [{"file": "a.onnx", "mean": [1, 2, 3]}]},
    "bands": {"input": "log-mel", "mel": {"bands": 10**8}},
    "spectrum": {"input": "log-mel", "mel": {"bands": 4, "n_fft": 10**12}},
    "steps": {"input": "log-mel", "mel": {"bands": 4, "step_s": 1e-9}},
    "pixels": {"input": "picture", "size": [10**6, 10**6]},
    "loudness": {"input": "picture", "size": [16, 16], "normalise": True},
}
_JSON = {
    "bad json": "{",
    "NaN": '{"input": "waveform", "window_s": 0.1, "mean": NaN}',
    "infinite": '{"input": "waveform", "window_s": 1e999}',
    "digits": f'{{"input": "waveform", "sample_rate": {"1" * 5000}}}',
    "deep": "[" * 100_000,
}


def _broken(tmp_path: Path, what: str) -> Path:
    path = write_linear(tmp_path / "a.onnx", {**WAVEFORM, **_CHANGES.get(what, {})})
    if what == "gone":
        path.unlink()
    elif what == "no json":
        path.with_suffix(".json").unlink()
    elif what == "half":
        path.write_bytes(path.read_bytes()[:200])
    elif what == "text":
        path.write_text("version https://git-lfs.github.com/spec/v1")
    elif what in _JSON:
        path.with_suffix(".json").write_text(_JSON[what])
    return path


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("gone", r"a.onnx is not there; expected an ONNX file"),
        ("no json", r"a.json is not there; expected a JSON file beside a.onnx"),
        ("half", r"a.onnx cannot be read as ONNX \(.*expected a whole ONNX file"),
        ("text", r"a.onnx cannot be read as ONNX"),
        ("bad json", r"a.json is no JSON \(.*mend it"),
        ("missing key", r"a.json does not describe a.onnx \(input 'waveform' needs window_s\)"),
        ("unknown key", r"a.json does not describe a.onnx \(windows: extra inputs"),
        ("rank", r"takes an input of shape \(\?, 800\), .* one of shape \(\?, 1, 800\)"),
        ("length", r"takes an input of shape \(\?, 800\), .* one of shape \(\?, 1600\)"),
        ("axes", r"gave an output of shape \(2, 4\) for 2 windows; .*mend axes in a.json"),
        ("output", r"output 'z' of a.onnx was asked for; expected one of y"),
        ("before", r"mel.onnx is not there; expected it beside a.onnx"),
        ("means", r"mean and deviation are one number or 1, not 2"),
        ("NaN", r"a.json is no JSON \(NaN is no number of JSON\)"),
        ("infinite", r"a.json is no JSON \(1e999 is beyond"),
        ("digits", r"a.json is no JSON \(Exceeds the limit"),
        ("deep", r"a.json is no JSON \(lists or objects are nested too deeply\)"),
        ("endless", r"\(window_s: input should be less than or equal to 600\)"),
        ("no step", r"\(hop_s: input should be greater than or equal to 0.0001\)"),
        ("division", r"\(deviation: 0 divides nothing; expected 1e-09 at least\)"),
        ("beyond", r"\(mean: input should be less than or equal to"),
        ("twice", r"axes \['window', 'window'\] names an axis twice"),
        ("layout", r"layout \['window', 'sample', 'sample'\] names an axis twice"),
        ("nameless corpus", r"\(trained_on.0: string should have at least 1 character\)"),
        ("means before", r"3 means and 1 deviations were given for a.onnx, .*; expected one, or"),
        ("bands", r"\(mel.bands: input should be less than or equal to 1024\)"),
        ("spectrum", r"\(mel.n_fft: input should be less than or equal to 65536\)"),
        ("steps", r"\(mel.step_s: input should be greater than or equal to 0.0001\)"),
        ("pixels", r"\(size.0: input should be less than or equal to 4096\)"),
        ("loudness", r"normalise is of sound, and input is 'picture'"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_line(tmp_path: Path, what: str, message: str) -> None:
    with pytest.raises(WeightsError, match=message) as found:
        affuse.extractor(f"onnx:{_broken(tmp_path, what)}")
    assert "\n" not in str(found.value)


def test_names_without_and_with_needless_arguments() -> None:
    with pytest.raises(ConfigError, match="'onnx' was given without a file; expected onnx:FILE"):
        make_source("onnx", "audio", load_config())
    with pytest.raises(ConfigError, match="'mfcc' takes nothing after a colon"):
        make_source("mfcc:40", "audio", load_config())
    with pytest.raises(ConfigError, match="did you mean 'onnx'"):
        load_config(overrides={"features.audio": "onx:a.onnx"})
    assert load_config(overrides={"features.audio": "onnx:a.onnx"}).features.audio == "onnx:a.onnx"


def test_a_layer_is_chosen_of_several_alone(tmp_path: Path) -> None:
    path = write_linear(tmp_path / "a.onnx")
    with pytest.raises(ConfigError, match='layer = "best" was given, and one layer alone'):
        affuse.extractor(f"onnx:{path}", layer="best")
    with pytest.raises(ConfigError, match="layer = 3 was given, and 1 layers are stored"):
        affuse.extractor(f"onnx:{path}", layer=3)


def test_a_file_that_is_taken_away_is_named(tmp_path: Path, signal: Any) -> None:
    made = affuse.extractor(f"onnx:{write_linear(tmp_path / 'a.onnx')}")
    (tmp_path / "a.onnx").rename(tmp_path / "b.onnx")
    with pytest.raises(WeightsError, match=r"a.onnx was there and is not any more; expected it"):
        made.extract(Sound(signal, 8000))


def test_outputs_that_are_no_numbers(tmp_path: Path) -> None:
    words = [helper.make_node("Cast", ["x"], ["y"], to=TensorProto.STRING)]
    path = write_graph(tmp_path / "a.onnx", words, ["n", 800], {}, WAVEFORM)
    with pytest.raises(WeightsError, match=r"gives tensor\(string\) as 'y'; expected floating"):
        affuse.extractor(f"onnx:{path}")


def test_frames_over_time_that_no_memory_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"onnx:{write_linear(tmp_path / 'a.onnx')}"
    monkeypatch.setattr("affuse.extractors.encoders.checks.machine_memory", lambda: 1 << 20)
    assert affuse.extractor(name, limit_s=3600).shape == (8,)
    with pytest.raises(ConfigError, match=r'pooling = "none" .* limit_s = 3600: .* GiB a clip'):
        affuse.extractor(name, limit_s=3600, pooling="none")
    with pytest.raises(ConfigError, match=r"onnx.limit_s = inf was given: input should be less"):
        affuse.extractor(name, limit_s=float("inf"))


def test_larger_than_memory_is_refused_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("affuse.features.memory.machine_memory", lambda: 1000)
    with pytest.raises(WeightsError, match=r"a.onnx has .* GiB of weights, and .* may be held"):
        affuse.extractor(f"onnx:{write_linear(tmp_path / 'a.onnx')}")


def test_numbers_beyond_mixed_precision_leave_the_clip_out(tmp_path: Path, signal: Any) -> None:
    path = write_linear(tmp_path / "a.onnx", {**WAVEFORM, "deviation": 1e-6})
    soundfile.write(tmp_path / "a.wav", signal, 8000)
    index = affuse.Index((affuse.Clip("a", "calm", "Ann", audio=tmp_path / "a.wav"),))
    with pytest.raises(FeatureError, match=r"onnx gave an array .* not finite; expected finite"):
        affuse.extract(index, audio=f"onnx:{path}")
