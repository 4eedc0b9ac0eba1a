"""Degraded features: keys of their own, rows beside the clean ones, voices of others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from affuse.config import RobustnessConfig
from affuse.corpora.index import Index
from affuse.errors import ConfigError, DatasetError, FeatureError
from affuse.extractors.vgg_face import VggFace
from affuse.features.context import RunContext
from affuse.features.extract import extract_features
from affuse.features.precomputed import Precomputed
from affuse.features.read_precomputed import read_precomputed
from affuse.features.store import FeatureStore
from affuse.features.stored_arrays import StoredArrays
from affuse.media.degrade_picture import Blur, Darken
from affuse.media.degrade_sound import WhiteNoise
from affuse.records import Clip
from affuse.robustness.conditions import CLEAN, Condition, conditions, not_degradable
from affuse.robustness.degraded import Degraded
from affuse.robustness.degraded_tables import Recordings, degraded_tables
from affuse.robustness.talkers import talkers_of
from extractors import Loudness

MakeClips = Callable[..., Index]
WHITE, BABBLE, NO_AUDIO = (
    Condition("white noise", "audio", 0.0),
    Condition("babble", "audio", 0.0),
    Condition("no audio", "audio"),
)


@pytest.fixture
def store(tmp_path: Path) -> FeatureStore:
    return FeatureStore(tmp_path / "store")


@pytest.fixture
def of_table(tmp_path: Path) -> Precomputed:
    path = tmp_path / "units.csv"
    path.write_text("clip,AU01,AU02\nclip00,1,2\nclip01,3,5\nclip02,4,6\n", "utf-8")
    return read_precomputed(path, "video")


def recordings(index: Index, store: FeatureStore, **sources: object) -> Recordings:
    found = extract_features(index, sources, RunContext.of(1, store=store))  # type: ignore[arg-type]
    return Recordings(index, found.table, sources)  # type: ignore[arg-type]


def test_keys_differ_from_the_clean_one_and_from_each_other(store, untrained):
    extractors = [
        untrained,
        Degraded(untrained, Blur(0.02)),
        Degraded(untrained, Blur(0.05)),
        Degraded(untrained, Darken(0.05)),
    ]
    assert len({store.key("content", extractor) for extractor in extractors}) == 4
    worse = extractors[1]
    assert (worse.shape, worse.dtype, worse.axes) == (untrained.shape, "float16", untrained.axes)
    assert worse.label == "VGG16 (untrained), degraded"


def test_wrapped_extractor_sees_the_degraded_sound(make_clips, store):
    index = make_clips(3)
    clean = recordings(index, store, audio=Loudness())
    found = degraded_tables(clean, [WHITE, BABBLE], RunContext.of(1, store=store))
    loud = clean.table.arrays["audio"].flat()[:, 0]
    assert found.skipped == ()
    for table in found.tables.values():  # speech and noise of equal power: twice as loud in all
        np.testing.assert_allclose(table.arrays["audio"].flat()[:, 0] / loud, 2, rtol=0.1)
        assert table.clips.tolist() == clean.table.clips.tolist()


def test_stored_as_all_others_and_not_computed_again(make_clips, store):
    clean = recordings(make_clips(3), store, audio=Loudness())
    message: list[tuple[str, int, int]] = []
    degraded_tables(clean, [WHITE, BABBLE, NO_AUDIO], RunContext.of(1, store=store))
    assert store.size()[0] == 9
    before = {path: path.stat().st_mtime_ns for path in store.root.rglob("*.npy")}
    degraded_tables(
        clean,
        [WHITE, BABBLE],
        RunContext.of(1, progress=lambda *report: message.append(report), store=store),
    )
    assert {path: path.stat().st_mtime_ns for path in store.root.rglob("*.npy")} == before
    assert message[-1] == ("degraded audio features", 6, 6)


def test_pictures_are_degraded_on_disk_and_sound_stays(make_clips, store, untrained):
    clean = recordings(make_clips(2), store, audio=Loudness(), video=untrained)
    dark = Condition("dark", "video", 0.1)
    found = degraded_tables(
        clean, [dark, Condition("no video", "video")], RunContext.of(1, store=store)
    )
    before, after = clean.table.arrays["video"], found.tables[dark].arrays["video"]
    assert isinstance(after, StoredArrays)
    assert not np.allclose(before[[0]], after[[0]])
    np.testing.assert_array_equal(clean.table.arrays["audio"], found.tables[dark].arrays["audio"])
    gone = found.tables[Condition("no video", "video")]
    assert gone.present["audio"].all()
    assert not gone.present["video"].any()
    assert np.isnan(gone.arrays["video"][[0, 1]]).all()


def test_clip_without_sound_stays_without(make_clips, store, of_table):
    whole = make_clips(3)
    mute = Clip("clip01", whole[1].emotion, "1", video=whole[1].video)
    index = Index((whole[0], mute, whole[2]))
    clean = recordings(index, store, audio=Loudness(), video=of_table)
    tables = degraded_tables(clean, [WHITE, NO_AUDIO], RunContext.of(1, store=store)).tables
    assert tables[WHITE].present["audio"].tolist() == [True, False, True]
    assert np.isnan(tables[WHITE].arrays["audio"][1]).all()
    assert tables[NO_AUDIO].present["audio"].tolist() == [False, False, False]
    assert tables[NO_AUDIO].present["video"].all()


def test_any_number_of_processes_gives_the_same(make_clips, tmp_path):
    index, found = make_clips(4), []
    for jobs in (1, 2):
        store = FeatureStore(tmp_path / f"store{jobs}")
        clean = recordings(index, store, audio=Loudness())
        found.append(
            degraded_tables(clean, [BABBLE], RunContext.of(jobs, store=store)).tables[BABBLE]
        )
    np.testing.assert_array_equal(*(table.arrays["audio"] for table in found))


def test_features_from_a_table_can_only_be_gone(make_clips, store, of_table):
    asked = RobustnessConfig(white_noise=(5, 5), babble=(), blur=(0.1,))
    found = conditions(asked, {"audio": Loudness(), "video": of_table})
    assert [str(c) for c in found] == ["white noise 5", "no audio", "no video"]
    assert not_degradable({"audio": Loudness(), "video": of_table}) == [
        "Robustness: video features come from the table units.csv, not from recordings, so that "
        "video was not degraded, only taken away."
    ]
    with pytest.raises(ConfigError, match=r"nothing can be degraded in video: expected an extract"):
        conditions(RobustnessConfig(), {"video": of_table})
    clean = recordings(make_clips(3), store, audio=Loudness(), video=of_table)
    with pytest.raises(FeatureError, match=r"video features come from .*units\.csv; expected an"):
        degraded_tables(clean, [Condition("blur", "video", 0.1)], RunContext.of(1, store=store))
    assert degraded_tables(clean, [CLEAN], RunContext.of(store=store)).tables[CLEAN] is clean.table


def test_nobody_hears_themselves(make_clips):
    clips = make_clips(9).clips
    talkers = talkers_of(clips, 4)
    speaker_of = {clip.audio: clip.speaker for clip in clips}
    for speaker, behind in talkers.items():
        who = [{speaker_of[voice.path] for voice in talker} for talker in behind]
        assert len(behind) == 4
        assert all(len(one) == 1 for one in who)
        assert speaker not in set.union(*who)
        assert len(set.union(*who)) == 2
        assert len(set(behind)) == 4
    assert talkers == talkers_of(clips[::-1], 4)
    with pytest.raises(DatasetError, match=r"all 3 clips are of one: add clips of a second"):
        talkers_of([clip for clip in clips if clip.speaker == "0"], 4)


def test_many_speakers_come_once_each(make_clips):
    clips = [
        Clip(f"{clip.id}", clip.emotion, str(n), audio=clip.audio)
        for n, clip in enumerate(make_clips(6).clips)
    ]
    for speaker, behind in talkers_of(clips, 3).items():
        files = {voice.path for talker in behind for voice in talker}
        assert len(files) == len(behind) == 3
        assert clips[int(speaker)].audio not in files


def test_clip_without_features_under_a_condition_is_absent_and_told(make_clips, store):
    index = make_clips(3)
    clean = recordings(index, store, audio=Loudness())
    assert index[1].audio is not None
    index[1].audio.unlink()
    found = degraded_tables(clean, [WHITE], RunContext.of(1, store=store))
    assert found.tables[WHITE].present["audio"].tolist() == [True, False, True]
    (told,) = found.skipped
    assert told.name == "clip01 (white noise 0)"
    assert "cannot be read" in told.reason


def test_condition_without_any_features_is_refused(make_clips, store):
    index = make_clips(3)
    clean = recordings(index, store, audio=Loudness())
    broken = Recordings(index, clean.table, {"audio": Loudness(fault="nan")})
    with pytest.raises(FeatureError, match="none of 3 clips gave any features"):
        degraded_tables(broken, [WHITE], RunContext.of(1, store=store))


def test_degradation_that_changes_nothing_gives_the_clean_features(make_clips, untrained, store):
    index = make_clips(1)
    clean = recordings(index, store, video=untrained)
    same = extract_features(
        index, {"video": Degraded(untrained, Darken(1.0))}, RunContext.of(1, store=store)
    )
    np.testing.assert_array_equal(clean.table.arrays["video"][[0]], same.table.arrays["video"][[0]])
    assert isinstance(untrained, VggFace)
    assert WhiteNoise(5).settings() != WhiteNoise(10).settings()
