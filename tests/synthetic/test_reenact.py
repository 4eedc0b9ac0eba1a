from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import av
import numpy as np
import pandas as pd
import pytest
import soundfile

from affuse.corpora.readers.ravdess import read_ravdess
from affuse.errors import ConfigError, DatasetError, FeatureError, OutputError
from affuse.media.audio import read_audio
from affuse.records import Clip
from affuse.synthetic.action_units import ACTION_UNITS, AU
from affuse.synthetic.faces import make_face
from affuse.synthetic.measured import GAINS, read_action_units
from affuse.synthetic.reenact import mouth_opening, reenact
from affuse.synthetic.voices import SAMPLE_RATE, make_speaker, speak

HAPPY, SAD = "01-03-01-01-01-05", "01-04-02-02-01-05"
MEASURED = [f"{unit}_r" for unit in ACTION_UNITS]


def write_units(path: Path, rows: dict[str, dict[str, float]], **extra: float) -> Path:
    table = [
        {"clip": name, **dict.fromkeys(MEASURED, 0.0), **extra, **values}
        for name, values in rows.items()
    ]
    pd.DataFrame(table).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module", autouse=True)
def one_portrait() -> Iterator[None]:
    """A speaker's portrait is painted once for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("affuse.synthetic.reenact.make_face", cache(make_face))
        yield


@pytest.fixture
def clips(tmp_path: Path) -> tuple[Clip, ...]:
    """Two short sounds under RAVDESS names."""
    folder = tmp_path / "sounds"
    folder.mkdir()
    message = speak("neutral", "normal", "kids", make_speaker(5, 0), np.random.default_rng(0))
    for name in (HAPPY, SAD):
        soundfile.write(
            folder / f"03-{name}.wav", message.signal[40_000:64_000:3], SAMPLE_RATE // 3
        )
    return tuple(read_ravdess(folder))


@pytest.fixture
def units(tmp_path: Path) -> Path:
    rows = {f"01-{HAPPY}": {"AU12_r": 2.0, "AU06_r": 1.5}, f"01-{SAD}": {"AU15_r": 0.4}}
    return write_units(tmp_path / "units.csv", rows)


def test_every_clip_becomes_an_mp4_with_its_own_sound(
    clips: tuple[Clip, ...], units: Path, tmp_path: Path
) -> None:
    done = reenact(clips, units, tmp_path / "out")
    assert [path.name for path in done.paths] == [f"01-{HAPPY}.mp4", f"01-{SAD}.mp4"]
    assert done.paths[0].parent.name == "Actor_05"
    assert done.skipped == ()
    assert clips[0].audio is not None
    own = read_audio(clips[0].audio, sample_rate=16_000).signal
    written = read_audio(done.paths[0], sample_rate=16_000).signal
    length = min(len(own), len(written))
    assert abs(len(own) - len(written)) < 1600
    assert np.corrcoef(own[:length], written[:length])[0, 1] > 0.98
    with av.open(str(done.paths[0])) as container:
        video = container.streams.video[0]
        assert (video.width, video.height, video.average_rate) == (1280, 720, 30)


def test_picture_follows_the_units_not_the_name(clips: tuple[Clip, ...], tmp_path: Path) -> None:
    happy = next(clip for clip in clips if clip.id == HAPPY)
    pictures = {}
    for smile in (0.0, 2.0):
        table = write_units(tmp_path / f"{smile}.csv", {HAPPY: {"AU12_r": smile}})
        path = reenact([happy], table, tmp_path / f"out{smile}").paths[0]
        with av.open(str(path)) as container:
            frames = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
        pictures[smile] = np.mean(frames, axis=0)
    difference = np.abs(pictures[2.0] - pictures[0.0])
    assert difference[420:600, 540:740].mean() > 5
    assert difference[:, :300].max() < 6


def test_clips_that_cannot_be_made_are_listed(
    clips: tuple[Clip, ...], units: Path, tmp_path: Path
) -> None:
    assert clips[0].audio is not None
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no sound at all")
    strange = [
        Clip("holiday", "happy", "5", audio=clips[0].audio),
        Clip(SAD, "sad", "5"),
        Clip(HAPPY, "happy", "5", audio=broken),
    ]
    first = reenact([clips[0], *strange[:2]], units, tmp_path / "out")
    assert len(first.paths) == 1
    assert {item.name: item.reason for item in first.skipped} == {
        "holiday": "not named as in RAVDESS, so a file could not carry its labels",
        SAD: "has no sound",
    }
    second = reenact([strange[2], clips[1]], units, tmp_path / "two")
    assert [path.name for path in second.paths] == [f"01-{SAD}.mp4"]
    assert second.skipped[0].name == HAPPY
    assert "broken.wav" in second.skipped[0].reason


def test_clip_without_a_row_is_listed(clips: tuple[Clip, ...], tmp_path: Path) -> None:
    table = write_units(tmp_path / "one.csv", {f"02-{SAD}": {}})
    done = reenact(clips, table, tmp_path / "out")
    assert len(done.paths) == 1
    assert [(item.name, item.reason) for item in done.skipped] == [(HAPPY, "has no row in one.csv")]


def test_second_call_leaves_files_and_other_units_are_refused(
    clips: tuple[Clip, ...], units: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    stamps = [path.stat().st_mtime_ns for path in reenact(clips[:1], units, out).paths]
    assert [path.stat().st_mtime_ns for path in reenact(clips[:1], units, out).paths] == stamps
    other = write_units(tmp_path / "other.csv", {HAPPY: {"AU12_r": 1.0}})
    with pytest.raises(OutputError, match="was not made with these settings"):
        reenact(clips[:1], other, out)


def test_nothing_to_re_enact_is_an_error(
    clips: tuple[Clip, ...], units: Path, tmp_path: Path
) -> None:
    with pytest.raises(DatasetError, match=r"no clips of speakers 9 were given"):
        reenact(clips, units, tmp_path / "out", speakers=["9"])
    table = write_units(tmp_path / "none.csv", {"01-05-01-01-01-05": {}})
    with pytest.raises(DatasetError, match=r"none of 2 clips can be re-enacted \(first: .* no row"):
        reenact(clips, table, tmp_path / "out")
    with pytest.raises(ConfigError, match=r"0 takes per emotion"):
        reenact(clips, units, tmp_path / "out", takes=0)


def test_tables_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FeatureError, match=r"absent\.csv does not exist"):
        read_action_units(tmp_path / "absent.csv")
    empty = tmp_path / "empty.csv"
    empty.touch()
    with pytest.raises(FeatureError, match=r"empty\.csv is empty; expected a header"):
        read_action_units(empty)
    lacking = tmp_path / "lacking.csv"
    pd.DataFrame({"clip": [HAPPY], "AU01_r": [1.0]}).to_csv(lacking, index=False)
    with pytest.raises(FeatureError, match=r"lacks the columns AU02_r, AU04_r.* one row per clip"):
        read_action_units(lacking)
    for bad in (np.nan, -1.0, "much"):
        table = write_units(tmp_path / "bad.csv", {HAPPY: {"AU09_r": bad}})  # type: ignore[dict-item]
        with pytest.raises(FeatureError, match=r"in column AU09_r for clip .* number from 0 up"):
            read_action_units(table)
    twice = write_units(tmp_path / "twice.csv", {f"01-{HAPPY}": {}, f"03-{HAPPY}": {}})
    with pytest.raises(FeatureError, match=rf"more than one row for {HAPPY}; expected one"):
        read_action_units(twice)


def test_drawn_intensity_grows_with_what_was_measured(tmp_path: Path) -> None:
    for unit in GAINS:
        rows = {
            f"01-0{n + 1}-01-01-01-05": {f"{unit}_r": n * 0.1, f"{unit}_c": n * 0.1}
            for n in range(1, 8)
        }
        drawn = read_action_units(write_units(tmp_path / "grow.csv", rows))
        steps = np.diff([intensities[AU[unit]] for intensities in drawn.values()])
        assert (steps >= 0).all()
        assert steps.max() > 0
        assert max(vector.max() for vector in drawn.values()) <= 5


def test_mouth_opens_alike_for_loud_and_soft_voices(rng: np.random.Generator) -> None:
    sound = np.repeat([0.001, 1, 0.001, 1], 8000) * rng.standard_normal(32_000)
    opening = mouth_opening((0.3 * sound).astype(np.float32), 16_000)
    assert opening[:10].max() < 0.2
    assert opening[20:28].min() > 0.8
    softly = mouth_opening((0.03 * sound).astype(np.float32), 16_000)
    assert np.allclose(opening, softly, atol=0.05)


@pytest.mark.data
def test_real_voice_with_its_measured_face(shared_data: Path, tmp_path: Path) -> None:
    index = read_ravdess(shared_data / "ravdess" / "Audio_Speech_Actors_01-24")
    table = shared_data / "luna_openface_au_means.csv"
    chosen = [replace(clip, start_s=1.0, end_s=2.0) for clip in index if clip.emotion == "happy"]
    done = reenact(chosen, table, tmp_path, speakers=["2"], takes=1)
    assert [path.name for path in done.paths] == ["01-01-03-01-01-01-02.mp4"]
    original = next(clip for clip in chosen if clip.id == "01-03-01-01-01-02")
    assert original.audio is not None
    own = read_audio(original.audio, sample_rate=16_000, start_s=1.0, duration_s=1.0).signal
    written = read_audio(done.paths[0], sample_rate=16_000).signal
    length = min(len(own), len(written))
    assert length > 15_000
    assert np.corrcoef(own[:length], written[:length])[0, 1] > 0.95
