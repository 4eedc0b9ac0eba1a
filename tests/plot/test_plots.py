"""Pictures: what is on the axes is what was given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from predictions import interview

import affuse
from affuse.errors import ConfigError, FeatureError
from affuse.evaluation.transfer import Cell
from affuse.evaluation.transfer_matrix import CorpusSize, TransferMatrix
from affuse.records import Prediction, Segment

plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


@pytest.fixture
def axes():
    return plt.figure().subplots()


def segment(start_s, emotion, happy, **more):
    rated = {"happy": happy, "sad": 1 - happy}
    return Segment(start_s, start_s + 2, emotion, happy, {"fused": rated}, **more)


def prediction(*segments):
    return Prediction(
        "a.mp4", 4.0, "happy", 0.8, {}, segments, classes=("happy", "sad"), recogniser="r"
    )


def test_a_confusion_matrix_shows_shares_of_each_row(axes):
    drawn = affuse.plot.confusion([[3, 1], [0, 0]], ["calm", "angry"], axes=axes)
    assert drawn is axes
    assert [text.get_text() for text in axes.texts] == ["75", "25"]
    assert [patch.get_alpha() for patch in axes.patches] == [0.75 * 0.75, 0.75 * 0.25, 0, 0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["calm", "angry"]
    assert axes.get_ylim() == (1.5, -0.5)


def test_a_matrix_of_another_size_is_refused(axes):
    with pytest.raises(FeatureError, match=r"shape \(2, 2\) was given for 3 classes"):
        affuse.plot.confusion([[1, 0], [0, 1]], ["a", "b", "c"], axes=axes)


def test_reliability_is_the_curve_in_percent_and_several_share_the_axes(axes, rng):
    truth = rng.integers(0, 2, 60)
    rated = rng.dirichlet([1, 1], 60)
    curve = affuse.reliability_curve(truth, rated, 5)
    affuse.plot.reliability(truth, rated, 5, label="one", axes=axes)
    affuse.plot.reliability(1 - truth, rated, 5, label="two", colour="red", axes=axes)
    diagonal, one, two = axes.lines
    assert list(diagonal.get_xdata()) == [0, 100]
    kept = curve[curve["n_clips"] > 0]
    assert np.allclose(one.get_xdata(), 100 * kept["confidence"])
    assert np.allclose(one.get_ydata(), 100 * kept["accuracy"])
    assert np.allclose(two.get_ydata(), 100 - one.get_ydata())
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["one", "two"]


def test_bins_of_few_clips_can_be_left_out(axes):
    rated = [[0.9, 0.1], [0.9, 0.1], [0.4, 0.6]]
    affuse.plot.reliability([0, 1, 1], rated, 5, fewest=2, axes=axes)
    assert axes.lines[1].get_ydata().tolist() == [50]


def test_a_timeline_has_a_line_for_each_emotion_and_names_segments_below(axes):
    found = prediction(segment(0, "happy", 0.8), segment(2, None, 0.5))
    affuse.plot.timeline(found, axes=axes)
    assert [line.get_label() for line in axes.lines] == ["happy", "sad"]
    assert axes.lines[0].get_xdata().tolist() == [1, 3]
    assert axes.lines[0].get_ydata().tolist() == [80, 50]
    named, silent = axes.patches
    assert named.get_facecolor()[:3] == plt.matplotlib.colors.to_rgb("#e0a800")
    assert silent.get_x() == 2
    assert axes.get_xlim() == (0, 4)


def test_a_timeline_is_of_one_face(axes):
    found = prediction(segment(0, "happy", 0.8, face=1), segment(0, "sad", 0.1, face=2))
    affuse.plot.timeline(found, face=2, axes=axes)
    assert axes.lines[0].get_ydata().tolist() == [10]
    with pytest.raises(ConfigError, match=r"a.mp4 has no segment with 'audio'; expected one of fu"):
        affuse.plot.timeline(found, of="audio", axes=axes)
    with pytest.raises(ConfigError, match=r"no segment with 'fused' of face 3"):
        affuse.plot.timeline(found, face=3, axes=axes)


def test_a_recording_is_three_pictures_of_one_time():
    sound = affuse.Sound(np.sin(np.arange(32_000) / 5).astype(np.float32), 8000)
    found = prediction(segment(0, "happy", 0.8), segment(2, "sad", 0.2))
    top, middle, bottom = affuse.plot.recording(sound, found)
    assert len(top.lines[0].get_ydata()) == 32_000
    assert middle.images[0].get_array().shape == (128, 63)
    assert top.get_xlim() == middle.get_xlim() == bottom.get_xlim() == (0, 4)
    with pytest.raises(ConfigError, match="2 axes were given; expected 3"):
        affuse.plot.recording(sound, found, axes=[top, middle])


def test_a_strip_is_the_images_side_by_side(axes, rng):
    images = rng.integers(0, 256, (3, 4, 5, 3), np.uint8)
    affuse.plot.face_strip(images, ["a", "b", "c"], axes=axes)
    assert np.array_equal(axes.images[0].get_array()[:, 5:10], images[1])
    assert axes.get_xticks().tolist() == [2.5, 7.5, 12.5]
    with pytest.raises(FeatureError, match="2 labels were given for 3 images"):
        affuse.plot.face_strip(images, ["a", "b"], axes=axes)
    with pytest.raises(FeatureError, match=r"images of shape \(4, 5\) were given"):
        affuse.plot.face_strip(images[0, :, :, 0], axes=axes)


def test_a_transfer_matrix_has_figure_interval_and_chance(axes):
    sizes = tuple(CorpusSize(name, 10, 2, ("calm", "sad")) for name in ("A", "B"))
    cells = (
        cell("A", "A", 0.75, leak=""),
        cell("A", "B", 0.6, leak="met before"),
    )
    found = TransferMatrix(sizes, cells, (), {})
    affuse.plot.transfer_matrix(found, axes=axes)
    texts = [text.get_text() for text in axes.texts]
    assert texts == ["75.0", "[65.0, 85.0]", "chance 50.0", "60.0*", "[50.0, 70.0]", "chance 50.0"]
    shades = [patch.get_alpha() for patch in axes.patches if patch.get_fill()]
    assert shades == pytest.approx([0.75 * 0.5, 0.75 * 0.2])
    with pytest.raises(ConfigError, match="system 'svm' was given; expected one of audio, LDA"):
        affuse.plot.transfer_matrix(found, "svm", axes=axes)


def cell(trained_on, tested_on, uar, leak):
    return Cell(
        system="LDA", modality="audio", trained_on=trained_on, tested_on=tested_on,
        protocol="cross-corpus", uar=uar, uar_low=uar - 0.1, uar_high=uar + 0.1, accuracy=uar,
        macro_f1=uar, emotions=("calm", "sad"), chance=0.5, n_clips=10, n_speakers=2, leak=leak,
    )  # fmt: skip


def test_what_is_drawn_can_be_saved(tmp_path):
    axes = affuse.plot.confusion([[3, 1], [1, 3]], ["calm", "angry"])
    axes.figure.savefig(tmp_path / "confusion.png")
    assert Path(tmp_path / "confusion.png").stat().st_size > 1000


@pytest.mark.parametrize("wrong", [-1, np.nan, np.inf])
def test_counts_that_are_none_are_refused(wrong):
    with pytest.raises(FeatureError, match="expected how many clips, or shares of them"):
        affuse.plot.confusion([[wrong, 1], [0, 1]], ["calm", "angry"])


@pytest.mark.parametrize("shape", [(2, 800), (0,)])
def test_a_waveform_is_of_one_channel(shape):
    with pytest.raises(FeatureError, match="expected one channel"):
        affuse.plot.waveform(affuse.Sound(np.zeros(shape, np.float32), 8000))


def test_people_have_a_lane_each(axes):
    drawn = affuse.plot.people(interview(), axes=axes)
    assert [label.get_text() for label in drawn.get_yticklabels()] == [
        *("Anna", "person 2", "person 3")
    ]
    spans = [
        [tuple(path.get_extents().intervalx.round(2).tolist()) for path in bars.get_paths()]
        for bars in drawn.collections
    ]
    assert spans[:5] == [
        [(0.0, 3.5)],
        [(3.5, 6.5)],
        [(6.5, 10.0)],
        [(0.5, 2.5), (4.0, 5.5)],
        [(0.0, 10.0)],
    ]
    assert [text.get_text() for text in drawn.get_legend().get_texts()][-2:] == ["speaks", "seen"]


def test_people_that_nobody_asked_for_are_refused():
    with pytest.raises(ConfigError, match=r"a\.mp4 has no people; expected a predic"):
        affuse.plot.people(prediction(segment(0, "happy", 0.8)))


def test_a_timeline_is_of_one_person(axes):
    affuse.plot.timeline(interview(), person=3, of="audio", axes=axes)
    assert {line.get_label(): line.get_ydata().tolist() for line in axes.lines}["fearful"] == [50]
    first = affuse.plot.timeline(interview(), axes=plt.figure().subplots())
    assert first.lines[2].get_ydata().tolist() == pytest.approx([80, 40 / 7, 30 / 7])
    with pytest.raises(ConfigError, match="no segment with 'video' of person 3; expected one of"):
        affuse.plot.timeline(interview(), person=3, of="video")
