from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from held_pictures import held_pictures, make_held

from affuse.corpora.readers.ravdess import read_ravdess
from affuse.errors import ConfigError, OutputError
from affuse.records import RAVDESS_EMOTIONS
from affuse.synthetic.corpus import synthesise
from affuse.synthetic.takes import Plan, Take, list_takes, read_take
from affuse.synthetic.writer import made_by, write_clip

BOTH = ("normal", "strong")
CLIP = Path("Actor_02", "01-01-03-01-01-01-02.mp4")


def plan(**changes: object) -> Plan:
    fields: dict[str, object] = {
        "speakers": 1,
        "emotions": RAVDESS_EMOTIONS,
        "channels": ("speech",),
        "intensities": BOTH,
        "statements": ("kids", "dogs"),
        "repetitions": 2,
        "takes": None,
    }
    return Plan(**(fields | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def corpus(drawn_corpus: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two speakers, one take each of happy, pictures held; one of the tests harms a clip."""
    return shutil.copytree(drawn_corpus(2, "happy"), tmp_path_factory.mktemp("corpus") / "drawn")


@pytest.fixture(scope="module")
def clip(corpus: Path) -> Path:
    return corpus / CLIP


def decoded(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Grey frames (n, 720, 1280) and signal (n_samples,)."""
    with av.open(str(path)) as container:
        frames = np.stack([f.to_ndarray(format="gray") for f in container.decode(video=0)])
    with av.open(str(path)) as container:
        sound = np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])
    return frames, sound


def test_one_speaker_calm_and_angry_speech_and_song_are_the_lectures_32_clips() -> None:
    takes = list_takes(plan(emotions=("calm", "angry"), channels=("speech", "song")))
    assert len(takes) == 32
    assert len({take.path for take in takes}) == 32


def test_speech_of_24_speakers_has_as_many_clips_as_ravdess() -> None:
    assert len(list_takes(plan(speakers=24))) == 1440
    assert len(list_takes(plan(speakers=24, channels=("song",)))) == 1012


def test_few_takes_are_varied_and_the_same_for_every_emotion() -> None:
    takes = list_takes(plan(takes=2, emotions=("happy", "sad")))
    assert [(t.emotion, t.intensity, t.statement) for t in takes] == [
        ("happy", "normal", "kids"),
        ("happy", "strong", "dogs"),
        ("sad", "normal", "kids"),
        ("sad", "strong", "dogs"),
    ]


def test_name_and_take_say_the_same() -> None:
    take = Take("song", "fearful", "strong", "dogs", 2, 7)
    assert take.path == Path("Actor_07/01-02-06-02-02-02-07.mp4")
    assert read_take(take.path.name) == take
    assert read_take("03-02-06-02-02-02-07.wav") == take
    assert read_take("holiday") is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"emotions": ("joyful",)}, r"emotions joyful were asked for; expected some of neutral, "),
        ({"emotions": ()}, r"emotions \(none\) were asked for"),
        ({"emotions": ("sad", "sad")}, r"sad, sad were asked for; .* each once"),
        ({"channels": ("whisper",)}, r"channels whisper .* expected some of speech, song"),
        ({"intensities": ("weak",)}, r"intensities weak .* normal, strong"),
        ({"statements": ("cats",)}, r"statements cats .* kids, dogs"),
        ({"speakers": 0}, r"0 speakers were asked for; expected 1 to 99"),
        ({"speakers": 100}, r"100 speakers .* two digits"),
        ({"repetitions": 0}, r"0 repetitions were asked for; expected 1 to 99"),
        ({"takes": 0}, r"0 takes per emotion were asked for; expected at least 1"),
        ({"emotions": ("disgust",), "channels": ("song",)}, r"no take is left of emotions disgust"),
        ({"emotions": ("neutral",), "intensities": ("strong",)}, r"no strong neutral"),
    ],
)
def test_plans_that_do_not_fit_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        list_takes(plan(**changes))


def test_clips_are_720p_h264_at_30_fps_with_aac(clip: Path) -> None:
    with av.open(str(clip)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, video.width, video.height) == ("h264", 1280, 720)
        assert video.average_rate == 30
        assert (audio.codec_context.name, audio.rate) == ("aac", 48_000)
        lengths = [float(stream.duration * stream.time_base) for stream in (video, audio)]
    assert 2.8 < lengths[0] < 4.6
    assert abs(lengths[0] - lengths[1]) < 0.05


def test_mouth_moves_with_the_sound(moving_corpus: Path) -> None:
    frames, sound = decoded(moving_corpus / CLIP)
    mouth = frames[:, 460:600, 560:720].astype(np.float64)
    moved = np.abs(mouth - np.median(mouth[:6], axis=0)).mean(axis=(1, 2))
    blocks = np.array_split(sound.astype(np.float64), len(frames))
    energy = np.array([np.sqrt(np.mean(block**2)) for block in blocks])
    # the expression alone, which also lasts as long as the sentence, reaches about 0.55
    assert np.corrcoef(energy, moved)[0, 1] > 0.7


def test_what_was_written_is_read_as_ravdess(corpus: Path) -> None:
    index = read_ravdess(corpus)
    assert Counter(clip.speaker for clip in index) == {"1": 1, "2": 1}
    assert {clip.emotion for clip in index} == {"happy"}
    assert all(clip.audio == clip.video for clip in index)
    assert index.skipped == ()


def test_another_call_leaves_complete_clips_and_mends_cut_ones(
    corpus: Path, clip: Path, tmp_path: Path
) -> None:
    other = corpus / "Actor_01" / "01-01-03-01-01-01-01.mp4"
    before, stamp = clip.read_bytes(), other.stat().st_mtime_ns
    clip.write_bytes(before[: len(before) // 2])
    calls: list[tuple[str, int, int]] = []
    with held_pictures():
        paths = synthesise(
            corpus,
            speakers=2,
            emotions=["happy"],
            takes=1,
            progress=lambda stage, done, total: calls.append((stage, done, total)),
        )
    assert paths == [other, clip]
    assert calls == [("synthesise", 0, 1), ("synthesise", 1, 1)]
    assert clip.read_bytes() == before
    assert other.stat().st_mtime_ns == stamp
    assert [path.name for path in clip.parent.iterdir()] == [clip.name]


def test_same_bytes_with_two_processes_and_in_another_corpus(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("affuse.synthetic.corpus._make", make_held)
    paths = synthesise(tmp_path, speakers=2, emotions=["happy"], takes=1, jobs=2)
    for path in paths:
        assert path.read_bytes() == (corpus / path.relative_to(tmp_path)).read_bytes()


def test_files_of_another_seed_are_not_mixed_in(corpus: Path) -> None:
    message = r"is there already and was not made with these settings .* give an empty folder"
    with pytest.raises(OutputError, match=message):
        synthesise(corpus, speakers=1, emotions=["happy"], takes=1, seed=1)


def test_files_of_another_difficulty_are_not_mixed_in(corpus: Path) -> None:
    with pytest.raises(OutputError, match=r"expected '.*\"difficulty\": 0\.5.*; give an empty"):
        synthesise(corpus, speakers=2, emotions=["happy"], takes=1, difficulty=0.5)


@pytest.mark.parametrize("difficulty", ["0.5", None, [0.5]])
def test_a_difficulty_that_is_no_number_is_refused(difficulty: object, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"difficulty .* was given; expected a number"):
        synthesise(tmp_path, difficulty=difficulty)  # type: ignore[arg-type]


def test_difficulty_zero_is_the_corpus_that_was_always_made(corpus: Path, clip: Path) -> None:
    assert made_by(clip) == 'affuse embedded corpus {"seed": 0, "version": 1}'
    before = clip.stat().st_mtime_ns
    synthesise(corpus, speakers=2, emotions=["happy"], takes=1, difficulty=0)
    assert clip.stat().st_mtime_ns == before


@pytest.mark.parametrize("difficulty", [-0.1, 1.5, float("nan")])
def test_a_difficulty_that_does_not_fit_is_refused(tmp_path: Path, difficulty: float) -> None:
    with pytest.raises(
        ConfigError, match=rf"difficulty {difficulty} was given; expected .* 0 to 1"
    ):
        synthesise(tmp_path, speakers=1, takes=1, difficulty=difficulty)


def test_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"cannot be written \(.*\); expected a folder"):
        synthesise(tmp_path / "file", speakers=1, emotions=["happy"], takes=1)


def test_jobs_below_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"0 jobs were asked for; expected at least 1"):
        synthesise(tmp_path, speakers=1, emotions=["happy"], takes=1, jobs=0)


def test_clip_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def frames() -> object:
        yield np.zeros((720, 1280, 3), np.uint8)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_clip(tmp_path / "a.mp4", frames(), np.zeros(4800, np.float32), 48_000, "")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_clip_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "a.mp4"
    with pytest.raises(
        OutputError, match=r"a\.mp4 cannot be written .* expected a writable folder"
    ):
        write_clip(path, [], np.zeros(4800, np.float32), 48_000, "")
    assert made_by(path) is None
