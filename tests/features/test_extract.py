from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from full_disk import files_of_at_most
from media_files import Media, write_media
from short_clips import short_clips

from affuse.config import load_config
from affuse.corpora.index import Index
from affuse.corpora.table import read_table
from affuse.errors import FeatureError
from affuse.extractors.mfcc import Mfcc, mfcc
from affuse.extractors.vgg_face import VggFace
from affuse.features.context import RunContext
from affuse.features.decoding import decoded
from affuse.features.extract import extract_features
from affuse.features.read_precomputed import read_precomputed
from affuse.features.sources import make_source
from affuse.features.store import FeatureStore
from affuse.features.stored_arrays import StoredArrays
from affuse.media.audio import read_audio
from affuse.records import Clip
from affuse.storage.whole import owned_name
from extractors import Loudness

MakeClips = Callable[..., Index]


@pytest.fixture
def store(tmp_path: Path) -> FeatureStore:
    return FeatureStore(tmp_path / "store")


def stored_bytes(store: FeatureStore) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in store.root.rglob("*.npy")}


def test_table_holds_what_the_extractors_give(
    make_clips: MakeClips, mfcc_extractor: Mfcc, untrained: VggFace, store: FeatureStore
) -> None:
    index = make_clips(3)
    extractors = {"audio": mfcc_extractor, "video": untrained}
    found = extract_features(index, extractors, RunContext.of(1, store=store))  # type: ignore[arg-type]
    table = found.table
    assert found.skipped == ()
    assert table.clips.tolist() == ["clip00", "clip01", "clip02"]
    assert table.speakers.tolist() == ["0", "1", "2"]
    assert table.classes == ("calm", "angry")
    assert table.labels.tolist() == [0, 1, 0]
    assert table.present["audio"].all()
    source = index[1].audio
    assert source is not None
    sound = read_audio(source, sample_rate=8000, duration_s=0.5).signal
    expected = mfcc(np.pad(sound, (0, 4000 - len(sound))), 8000, 13)
    audio = table.arrays["audio"]
    assert (audio.axes, audio.shape) == (("clip", "channel", "time"), (3, *expected.shape))
    np.testing.assert_array_equal(audio.rows([1])[0], expected)
    np.testing.assert_array_equal(audio.flat()[1], expected.ravel())
    video = table.arrays["video"]
    assert isinstance(video, StoredArrays)
    assert (video.shape, video.axes[1]) == ((3, 3, 1, 1, 512), "time")
    np.testing.assert_array_equal(
        video[[1]][0],
        untrained.extract(decoded(source, untrained.decoding)),  # type: ignore[arg-type]
    )


def test_processes_give_the_same_bytes(
    make_clips: MakeClips, mfcc_extractor: Mfcc, untrained: VggFace, tmp_path: Path
) -> None:
    index = make_clips(4)
    extractors = {"audio": mfcc_extractor, "video": untrained}
    results = []
    for jobs in (1, 2):
        store = FeatureStore(tmp_path / f"store{jobs}")
        extract_features(index, extractors, RunContext.of(jobs, store=store))  # type: ignore[arg-type]
        results.append(stored_bytes(store))
    assert len(results[0]) == 8
    assert results[0] == results[1]


def test_nothing_is_computed_twice_even_after_a_move(
    make_clips: MakeClips, mfcc_extractor: Mfcc, store: FeatureStore, tmp_path: Path
) -> None:
    index = make_clips(3)
    steps: list[tuple[str, int, int]] = []
    extract_features(index, {"audio": mfcc_extractor}, RunContext.of(1, store=store))
    before = {path: path.stat().st_mtime_ns for path in store.root.rglob("*.npy")}
    shutil.move(tmp_path / "corpus", tmp_path / "elsewhere")
    moved = Index(
        tuple(
            replace(clip, id=f"renamed-{clip.id}", audio=tmp_path / "elsewhere" / clip.audio.name)
            for clip in index
            if clip.audio
        )
    )
    extract_features(
        moved,
        {"audio": mfcc_extractor},
        RunContext.of(1, progress=lambda *step: steps.append(step), store=store),
    )
    assert steps == [("audio features", 3, 3)]
    assert {path: path.stat().st_mtime_ns for path in store.root.rglob("*.npy")} == before
    extract_features(moved, {"audio": Mfcc(n_mfcc=12)}, RunContext.of(1, store=store))
    assert store.size()[0] == 6


def test_progress_counts_every_clip(
    make_clips: MakeClips, mfcc_extractor: Mfcc, store: FeatureStore
) -> None:
    steps: list[tuple[str, int, int]] = []
    extract_features(
        make_clips(2),
        {"audio": mfcc_extractor},
        RunContext.of(1, progress=lambda *step: steps.append(step), store=store),
    )
    assert steps == [("audio features", done, 2) for done in range(3)]


def test_stretches_of_one_file_are_clips_of_their_own(
    mfcc_extractor: Mfcc, store: FeatureStore, tmp_path: Path
) -> None:
    path = write_media(tmp_path / "long.mp4", Media(duration_s=2.0, has_video=False))
    starts = (0.0, 0.75, 1.5)
    index = Index(
        tuple(Clip(f"{s}", "calm", "1", audio=path, start_s=s, end_s=s + 0.25) for s in starts)
    )
    table = extract_features(index, {"audio": mfcc_extractor}, RunContext.of(1, store=store)).table
    sound = read_audio(path, sample_rate=8000, start_s=0.75, duration_s=0.25).signal
    expected = mfcc(np.pad(sound, (0, 2000)), 8000, 13)
    np.testing.assert_array_equal(table.arrays["audio"][1], expected)  # type: ignore[index]


def test_clip_without_one_modality_stays(
    make_clips: MakeClips, untrained: VggFace, mfcc_extractor: Mfcc, store: FeatureStore
) -> None:
    index = make_clips(2)
    mute = write_media(
        Path(str(index[0].audio)).with_name("mute.mp4"), Media(has_audio=False, duration_s=0.2)
    )
    voice = write_media(
        mute.with_name("voice.wav"), Media(has_video=False, audio_codec="pcm_s16le")
    )
    more = (
        Clip("mute", "calm", "3", audio=mute, video=mute),
        Clip("voice", "angry", "3", audio=voice),
    )
    index = Index((*index.clips, *more))
    extractors = {"audio": mfcc_extractor, "video": untrained}
    found = extract_features(index, extractors, RunContext.of(1, store=store))  # type: ignore[arg-type]
    assert found.table.clips.tolist() == ["clip00", "clip01", "mute", "voice"]
    assert found.table.present["audio"].tolist() == [True, True, False, True]
    assert found.table.present["video"].tolist() == [True, True, True, False]
    assert np.isnan(found.table.arrays["audio"][2]).all()  # type: ignore[index]
    (skipped,) = found.skipped
    assert skipped.name == "mute"
    assert "mute.mp4 has no sound" in skipped.reason
    assert skipped.reason.endswith("kept with video alone")


def test_bad_clips_are_left_out_with_their_reasons(
    make_clips: MakeClips, mfcc_extractor: Mfcc, store: FeatureStore, tmp_path: Path
) -> None:
    bad = {"empty": b"", "text": b"no media\n" * 50}
    for name, content in bad.items():
        (tmp_path / f"{name}.mp4").write_bytes(content)
    clips = [Clip(name, "calm", "9", audio=tmp_path / f"{name}.mp4") for name in [*bad, "missing"]]
    index = Index((*make_clips(2).clips, *clips, Clip("nothing", "sad", "9")))
    found = extract_features(index, {"audio": mfcc_extractor}, RunContext.of(1, store=store))
    assert found.table.clips.tolist() == ["clip00", "clip01"]
    assert found.table.classes == ("calm", "angry")
    reasons = {item.name: item.reason for item in found.skipped}
    assert list(reasons) == ["empty", "missing", "nothing", "text"]
    assert "is empty (0 bytes)" in reasons["empty"]
    assert "missing.mp4 cannot be read; expected a readable file" in reasons["missing"]
    assert "has no audio file; expected one" in reasons["nothing"]
    assert "cannot be read as sound or video" in reasons["text"]


def test_modality_that_no_clip_has_is_left_out(
    mfcc_extractor: Mfcc, untrained: VggFace, store: FeatureStore, tmp_path: Path
) -> None:
    media = Media(has_video=False, audio_codec="pcm_s16le")
    clip = Clip("a", "calm", "1", audio=write_media(tmp_path / "a.wav", media))
    extractors = {"audio": mfcc_extractor, "video": untrained}
    found = extract_features(Index((clip,)), extractors, RunContext.of(1, store=store))  # type: ignore[arg-type]
    assert found.table.modalities == ("audio",)
    assert found.skipped == ()


def test_nothing_left_is_an_error(
    mfcc_extractor: Mfcc, store: FeatureStore, tmp_path: Path
) -> None:
    (tmp_path / "empty.mp4").touch()
    index = Index((Clip("a", "calm", "1", audio=tmp_path / "empty.mp4"),))
    message = r"no clip gave any features; expected one .* The first, a: audio: .* is empty"
    with pytest.raises(FeatureError, match=message):
        extract_features(index, {"audio": mfcc_extractor}, RunContext.of(1, store=store))


def test_numbers_that_are_not_finite_never_reach_the_store(
    make_clips: MakeClips, store: FeatureStore
) -> None:
    with pytest.raises(FeatureError, match=r"loudness gave .* not finite; expected finite numbers"):
        extract_features(make_clips(1), {"audio": Loudness("nan")}, RunContext.of(1, store=store))
    assert store.size() == (0, 0)


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_that_nobody_foresaw_is_its_clip_s(
    store: FeatureStore, tmp_path: Path, jobs: int, private_cache: Path
) -> None:
    clips = []
    for name, level in (("a", 0.1), ("b", 0.9), ("c", 0.2)):
        soundfile.write(tmp_path / f"{name}.wav", level * np.tile([1.0, -1.0], 4000), 8000)
        clips.append(Clip(name, "calm" if name == "a" else "sad", "1", tmp_path / f"{name}.wav"))
    index = Index(tuple(clips))
    found = extract_features(index, {"audio": Loudness("loud")}, RunContext.of(jobs, store=store))
    assert found.table.clips.tolist() == ["a", "c"]
    (skipped,) = found.skipped
    assert skipped.name == "b"
    assert "b.wav cannot be read (OverflowError: int too big to convert)" in skipped.reason
    (log,) = (private_cache / "errors").iterdir()
    assert str(log) in skipped.reason
    assert "in extract\n" in log.read_text("utf-8")


def test_precomputed_features_stand_beside_computed_ones(
    make_clips: MakeClips, mfcc_extractor: Mfcc, store: FeatureStore, tmp_path: Path
) -> None:
    index = make_clips(2)
    (tmp_path / "units.csv").write_text("clip,AU01\nclip01.mp4,2\nclip00,1\n")
    units = read_precomputed(tmp_path / "units.csv", "video")
    table = extract_features(
        index, {"audio": mfcc_extractor, "video": units}, RunContext.of(1, store=store)
    ).table
    assert table.modalities == ("audio", "video")
    assert table.arrays["video"].flat().tolist() == [[1], [2]]  # type: ignore[union-attr]
    (tmp_path / "units.csv").write_text("clip,AU01\nclip01,2\n")
    units = read_precomputed(tmp_path / "units.csv", "video")
    before = store.size()
    with pytest.raises(FeatureError, match=r"no row for 1 of 2 clips \(clip00\)"):
        extract_features(
            index, {"audio": Mfcc(n_mfcc=3), "video": units}, RunContext.of(1, store=store)
        )
    assert store.size() == before


def test_half_an_array_is_cleared_away_where_nothing_is_left_to_compute(
    make_clips: MakeClips, mfcc_extractor: Mfcc, store: FeatureStore
) -> None:
    """A worker of a cluster died while it wrote what another one then wrote whole."""
    index, context = make_clips(1), RunContext.of(1, store=store)
    extract_features(index, {"audio": mfcc_extractor}, context)
    (whole,) = stored_bytes(store)
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    half = owned_name("partial", ".npy").replace(f"-{os.getpid()}-", f"-{ended.pid}-")
    (store.path(whole[:-4]).parent / half).write_bytes(b"half")
    assert set(stored_bytes(store)) == {whole, half}
    extract_features(index, {"audio": mfcc_extractor}, context)
    assert set(stored_bytes(store)) == {whole}


def test_damaged_arrays_are_computed_again(
    make_clips: MakeClips, mfcc_extractor: Mfcc, store: FeatureStore, untrained: VggFace
) -> None:
    index, extractors = make_clips(2), {"audio": mfcc_extractor, "video": untrained}
    first = extract_features(index, extractors, RunContext.of(1, store=store)).table
    wanted = {path: path.read_bytes() for path in store.root.rglob("*.npy")}
    assert len(wanted) == 4
    for path, content in wanted.items():
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    again = extract_features(index, extractors, RunContext.of(1, store=store)).table
    assert {path: path.read_bytes() for path in store.root.rglob("*.npy")} == wanted
    for modality in ("audio", "video"):
        np.testing.assert_array_equal(
            again.arrays[modality][[0, 1]], first.arrays[modality][[0, 1]]
        )


TWICE = """
import sys
from pathlib import Path
from affuse.corpora.table import read_table
from affuse.features.context import RunContext
from affuse.features.extract import extract_features
from affuse.extractors.mfcc import Mfcc
from affuse.features.store import FeatureStore

if __name__ == "__main__":
    context = RunContext.of(int(sys.argv[3]), store=FeatureStore(Path(sys.argv[2])))
    found = extract_features(read_table(sys.argv[1]), {"audio": Mfcc(n_mfcc=7)}, context)
    print(found.table.arrays["audio"].flat().sum(dtype="float64").hex(), len(found.skipped))
"""


def test_two_runs_share_one_store(tmp_path: Path) -> None:
    table = short_clips(tmp_path / "clips", 12)
    (tmp_path / "work.py").write_text(TWICE)
    arguments = [sys.executable, tmp_path / "work.py", table, tmp_path / "store"]
    both = [
        subprocess.Popen([*arguments, jobs], stdout=subprocess.PIPE, text=True) for jobs in "12"
    ]
    told = {process.communicate(timeout=120)[0] for process in both}
    assert [process.returncode for process in both] == [0, 0]
    assert len(told) == 1
    assert told.pop().endswith(" 0\n")
    assert len(list((tmp_path / "store").rglob("*.npy"))) == 12
    assert [path.name for path in (tmp_path / "store").rglob(".*")] == []


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_disk_without_space_is_one_line(affuse, tmp_path: Path, jobs: str) -> None:
    """A limit on the size of files stands for the full disk: writing fails in the middle."""
    table, cache = short_clips(tmp_path / "clips", 2), tmp_path / "cache"
    with files_of_at_most(200):
        found = affuse(cache, "features", table, "--features", "video=none", "--jobs", jobs)
    lines = [line for line in found.stderr.splitlines() if line.startswith("affuse:")]
    assert found.returncode == 2, found.stderr
    assert len(lines) == 1, found.stderr
    assert "cannot be written" in lines[0]
    assert "enough space" in lines[0]
    assert [path for path in cache.rglob("*") if path.is_file()] == []


def test_store_that_cannot_be_written_is_one_line(affuse, tmp_path: Path) -> None:
    table, cache = short_clips(tmp_path / "clips", 1), tmp_path / "cache"
    cache.write_text("a file, where a folder is wanted")
    found = affuse(cache, "features", table, "--features", "video=none")
    assert found.returncode == 2
    assert "cannot be written" in found.stderr
    assert "Traceback" not in found.stderr


def test_killed_process_is_explained(make_clips: MakeClips, store: FeatureStore) -> None:
    with pytest.raises(FeatureError, match=r"was killed twice, .*memory.*fewer processes"):
        extract_features(
            make_clips(2), {"audio": Loudness("killed")}, RunContext.of(2, store=store)
        )


INTERRUPTED = """
import sys
from pathlib import Path
from affuse.corpora.table import read_table
from affuse.features.context import RunContext
from affuse.features.extract import extract_features
from affuse.extractors.mfcc import Mfcc
from affuse.features.store import FeatureStore
from affuse.features.sources import make_source
from affuse.config import load_config

def report(stage, done, total):
    print(stage, done, flush=True)

if __name__ == "__main__":
    config = load_config("quick", ["media.height=64", "media.duration_s=1"])
    index = read_table(sys.argv[1])
    video = make_source("vgg_face", "video", config)
    store = FeatureStore(Path(sys.argv[2]))
    try:
        context = RunContext.of(int(sys.argv[3]), progress=report, store=store)
        extract_features(index, {"video": video}, context)
    except KeyboardInterrupt:
        sys.exit(130)
"""


@pytest.mark.parametrize("jobs", [1, 2])
def test_interrupt_ends_soon_and_leaves_whole_files(
    tmp_path: Path, untrained: VggFace, jobs: int
) -> None:
    rows = ["path,emotion,speaker"]
    for number in range(6):
        media = Media(duration_s=1.0, width=112, height=64, tone_hz=200 + number)
        rows.append(f"{write_media(tmp_path / f'{number}.mp4', media)},calm,1")
    (tmp_path / "clips.csv").write_text("\n".join(rows))
    (tmp_path / "work.py").write_text(INTERRUPTED)
    arguments = [tmp_path / "work.py", tmp_path / "clips.csv", tmp_path / "store", jobs]
    process = subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "AFFUSE_CACHE": str(untrained.model.parents[1])},
        # A suite that runs in the background hands on that Ctrl-C is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "video features 0\n"
    assert process.stdout.readline() == "video features 1\n"
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (130, "")
    store = FeatureStore(tmp_path / "store")
    kept = list((tmp_path / "store").rglob("*.npy"))
    assert 1 <= len(kept) < 6
    assert all(np.isfinite(np.load(path)).all() for path in kept)
    assert not [path for path in kept if path.name.startswith(".")]
    assert store.size()[0] == len(kept)


@pytest.mark.data
@pytest.mark.slow
def test_all_real_clips_pass_both_extractors(
    shared_data: Path, store: FeatureStore, tmp_path: Path
) -> None:
    rows = [f"{path},calm,{path.stem[:4]}" for path in (shared_data / "clips").glob("*.mp4")]
    (tmp_path / "clips.csv").write_text("\n".join(["path,emotion,speaker", *rows]))
    weights = shared_data / "weights" / "vgg16_imagenet.h5"
    settings = [
        f"features.vgg_face.weights={weights}",
        "features.vgg_face.preprocessing=imagenet",
        "features.vgg_face.frame_step=60",
    ]
    config = load_config("quick", settings)
    extractors = {
        "audio": make_source("mfcc", "audio", config),
        "video": make_source("vgg_face", "video", config),
    }
    index = read_table(tmp_path / "clips.csv")
    found = extract_features(index, extractors, RunContext.of(1, store=store))  # type: ignore[arg-type]
    assert found.skipped == ()
    assert found.table.arrays["audio"].shape == (5, 40, 63)
    assert found.table.arrays["video"].shape == (5, 2, 4, 7, 512)
    assert np.isfinite(found.table.arrays["video"][np.arange(5)]).all()
