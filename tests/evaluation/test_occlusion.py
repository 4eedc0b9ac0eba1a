"""Occlusion maps of pictures: the one part that tells, and what is no matter of chance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from affuse.config import ModelConfig
from affuse.errors import ConfigError, FeatureError
from affuse.evaluation import occlusion
from affuse.evaluation.crossval import out_of_fold
from affuse.evaluation.occlusion import N_PARTS, can_be_hidden, occlusion_maps
from affuse.evaluation.systems import System
from affuse.extractors.expression import Expression
from affuse.extractors.mfcc import Mfcc
from affuse.features.decoding import VideoDecoding
from affuse.features.source import ExtractorDefaults
from affuse.features.table import FeatureTable
from affuse.fusion.registry import make_unimodal
from affuse.records import Clip
from affuse.splits.folds import speaker_folds
from affuse.splits.protocols import Protocol

CORNER = (5, 0)
"""Row and column of the part that tells."""
SIDE = 12
MODEL = ModelConfig(
    name="cnn1d",
    scaler="none",
    params={"epochs": 20, "batch_size": 16, "learning_rate": 0.01},
)
SYSTEM = System("face, CNN", "video", "", "pictures", "CNN", partial(make_unimodal, "video", MODEL))


@dataclass(frozen=True)
class Pixels(ExtractorDefaults):
    """The mean picture of a clip, pixel by pixel."""

    name = "pixels"
    modality = "video"
    version = 1
    label = "pixels"
    axes = ("feature",)
    shape = (SIDE * SIDE,)
    decoding = VideoDecoding(SIDE, 10.0, 1, 1.0)
    face_share = 1.0

    def seen(self, decoded):
        return list(decoded)

    def described(self, pictures):
        return np.mean(pictures, axis=0).ravel() / 255

    def extract(self, decoded):
        return self.described(self.seen(decoded))


def pictures(clip: str) -> list[np.ndarray]:
    """Noise, brighter in one corner where the clip is angry."""
    rng = np.random.default_rng(sum(map(ord, clip)))
    picture = rng.integers(90, 110, (SIDE, SIDE)).astype(np.uint8)
    if "angry" in clip:
        picture[-2:, :2] = 250
    return [picture, picture]


@pytest.fixture
def clips(monkeypatch):
    names = [(s, e, t) for s in range(4) for e in ("calm", "angry") for t in range(4)]
    monkeypatch.setattr(occlusion, "decoded", lambda file, *stretch: pictures(file.stem))
    return [Clip(f"{s}-{e}-{t}", e, f"{s}", video=Path(f"{s}-{e}-{t}.mp4")) for s, e, t in names]


@pytest.fixture
def table(clips):
    made = [Pixels().extract(pictures(clip.id)) for clip in clips]
    return FeatureTable(
        clips=np.array([clip.id for clip in clips]),
        speakers=np.array([clip.speaker for clip in clips]),
        labels=np.array([clip.emotion == "angry" for clip in clips], np.int64),
        classes=("calm", "angry"),
        arrays={"video": np.asarray(made, np.float32)},
        present={"video": np.ones(len(clips), bool)},
    )


def protocol(table) -> Protocol:
    return Protocol("speaker-independent", speaker_folds(table.speakers.tolist(), 2))


def maps_of(table, clips, n_clips=3, **more):
    found = occlusion_maps(
        table, SYSTEM, protocol(table), clips, {"video": Pixels()}, n_clips, **more
    )
    return {one.emotion: one for one in found}


def test_the_corner_that_tells_is_missed_and_nothing_else(table, clips):
    maps = maps_of(table, clips)
    angry = maps["angry"]
    assert np.unravel_index(angry.drops.argmax(), angry.drops.shape) == CORNER
    corner = angry.drops[CORNER]
    assert corner > 0.25
    others = np.delete(angry.drops.ravel(), CORNER[0] * N_PARTS + CORNER[1])
    assert np.abs(others).max() < corner / 4
    assert np.abs(maps["calm"].drops).max() < corner / 4
    assert (angry.n_clips, angry.face_share) == (3, 1.0)
    assert angry.rows[CORNER[0]] == "row 6 of 6 from above"
    assert angry.columns[CORNER[1]] == "column 1 of 6 from the left"


def test_drops_are_from_the_probabilities_of_the_results(table, clips, monkeypatch):
    """With nothing hidden nothing drops, and each clip has its own fold's model."""
    same = lambda pictures, n_rows, n_columns: iter([list(pictures)] * n_rows * n_columns)  # noqa: E731
    monkeypatch.setattr(occlusion, "pictures_with_a_part_hidden", same)
    for one in maps_of(table, clips, 100).values():
        np.testing.assert_allclose(one.drops, 0, atol=1e-6)
        assert one.n_clips == 16


def test_hidden_clips_are_those_no_fold_has_learned_from(table, clips, monkeypatch):
    (found,) = out_of_fold(table, [SYSTEM], protocol(table))
    black = lambda pictures, *parts: iter([[0 * p for p in pictures]] * 36)  # noqa: E731
    monkeypatch.setattr(occlusion, "pictures_with_a_part_hidden", black)
    before = found.outputs[np.arange(len(table)), table.labels[found.rows]]
    for label, one in enumerate(maps_of(table, clips, 100).values()):
        assert one.drops.max() <= before[table.labels[found.rows] == label].mean() + 1e-9


def test_clips_that_cannot_be_read_are_left_out(table, clips, monkeypatch):
    def unreadable(file, *stretch):
        if file.stem.startswith(("0-", "1-calm")):
            raise FeatureError("no face")
        return pictures(file.stem)

    monkeypatch.setattr(occlusion, "decoded", unreadable)
    maps = maps_of(table, clips, 100)
    assert (maps["calm"].n_clips, maps["angry"].n_clips) == (8, 12)


def test_nothing_to_map_is_refused(table, clips):
    with pytest.raises(ConfigError, match="0 clips of each emotion and 1 modalities were given"):
        maps_of(table, clips, 0)


def test_what_can_be_hidden():
    @dataclass(frozen=True)
    class Unshown(ExtractorDefaults):
        decoding = VideoDecoding(SIDE, 10.0, 1, 1.0)

    assert can_be_hidden(Pixels())
    assert can_be_hidden(Mfcc())
    assert can_be_hidden(Expression())
    assert not can_be_hidden(Unshown())
