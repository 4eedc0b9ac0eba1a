from __future__ import annotations

import gc
import pickle
import tracemalloc
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from media_files import Media, cut, number, quarters, write_endless_webm, write_media

from affuse.errors import CutShort, MediaError
from affuse.media.audio import read_audio
from affuse.media.video import read_frames, sample_frames


def numbers(path: Path, **options: float) -> list[int]:
    return [number(image) for image in read_frames(path, height=64, **options)]  # type: ignore[arg-type]


def ffmpeg_at_30(path: Path) -> list[int]:
    """The oracle: FFmpeg's own filter that brings a stream to a frame rate."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        graph = av.filter.Graph()
        source = graph.add_buffer(template=stream)
        fps = graph.add("fps", "30")
        sink = graph.add("buffersink")
        source.link_to(fps)
        fps.link_to(sink)
        graph.configure()
        found = []
        for frame in [*container.decode(stream), None]:
            graph.push(frame)
            while True:
                try:
                    found.append(number(graph.pull().to_ndarray(format="rgb24")))
                except (BlockingIOError, EOFError):
                    break
    return found


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1280, 720), (227, 128)), ((640, 480), (170, 128)), ((321, 243), (169, 128))],
)
def test_height_128_keeps_the_aspect(
    tmp_path: Path, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    media = Media(duration_s=0.1, width=size[0], height=size[1], has_audio=False)
    images = list(read_frames(write_media(tmp_path / "clip.mp4", media), height=128))
    assert images[0].shape == (expected[1], expected[0], 3)
    assert images[0].dtype == np.uint8
    assert [number(image) for image in images] == [0, 1, 2]


@pytest.mark.parametrize("fps", [24, 25, 30, 50, 60, Fraction(30_000, 1001)], ids=str)
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_any_frame_rate_is_brought_to_30(tmp_path: Path, fps: Fraction, suffix: str) -> None:
    media = Media(duration_s=0.8, fps=fps, width=64, height=64, has_audio=False)
    path = write_media(tmp_path / f"clip{suffix}", media)
    found = numbers(path)
    assert len(found) == 24
    assert found == ffmpeg_at_30(path)


def test_four_seconds_at_25_give_120_frames(tmp_path: Path) -> None:
    media = Media(duration_s=4.2, fps=25, width=64, height=64, has_audio=False)
    path = write_media(tmp_path / "clip.mp4", media)
    assert len(numbers(path, duration_s=4.0)) == 120
    assert numbers(path, duration_s=4.0, frame_step=4) == numbers(path, duration_s=4.0)[::4]


def test_variable_rate_goes_by_time_stamps(tmp_path: Path) -> None:
    media = Media(times_s=(0.0, 0.1, 0.2, 0.5, 0.9), width=64, height=64, has_audio=False)
    path = write_media(tmp_path / "variable.mkv", media)
    expected = [0] * 3 + [1] * 3 + [2] * 9 + [3] * 12 + [4]
    assert numbers(path)[:28] == expected


def test_stretch_begins_and_ends_where_it_was_asked(tmp_path: Path) -> None:
    media = Media(duration_s=3.5, width=64, height=64, has_audio=False)
    path = write_media(tmp_path / "clip.mp4", media)
    assert numbers(path, start_s=0.5, duration_s=0.2) == list(range(15, 21))
    assert numbers(path, start_s=3.0, duration_s=4.0) == [n % 50 for n in range(90, 105)]


def test_short_video_is_not_padded(tmp_path: Path) -> None:
    media = Media(duration_s=2 / 30, width=64, height=64)
    assert numbers(write_media(tmp_path / "two.mp4", media), duration_s=4.0) == [0, 1]


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_rotation_is_honoured(tmp_path: Path, turns: int) -> None:
    image = next(read_frames(quarters(tmp_path / "phone.mp4", turns), height=96))
    upright = np.zeros((96, 128, 3), np.uint8)
    upright[:48, :64] = 255
    expected = np.rot90(upright, -turns)
    assert image.shape == ((96, 128, 3) if turns % 2 == 0 else (96, 72, 3))
    resized = cv2.resize(np.ascontiguousarray(expected), image.shape[1::-1])
    assert np.abs(image.astype(int) - resized).mean() < 4


def test_scaling_averages_areas(tmp_path: Path, rng: np.random.Generator) -> None:
    noise = rng.integers(0, 256, (240, 320), np.uint8).repeat(3, axis=1).reshape(240, 320, 3)
    path = tmp_path / "noise.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=30)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(noise)))
        container.mux(stream.encode())
    with av.open(str(path)) as container:
        original = next(container.decode(video=0)).to_ndarray(format="rgb24")
    expected = cv2.resize(original, (80, 60), interpolation=cv2.INTER_AREA).astype(int)
    image = next(read_frames(path, height=60))
    assert np.abs(image - expected).mean() < 1.5


def test_sound_and_picture_share_one_clock(tmp_path: Path) -> None:
    media = Media(duration_s=1.2, flash_s=0.6, width=64, height=64)
    for name in ("clap.mp4", "clap.mkv"):
        path = write_media(tmp_path / name, media)
        light = [float(image.mean()) for image in read_frames(path, height=64)]
        sound = read_audio(path)
        heard_s = int(np.argmax(np.abs(sound.signal))) / sound.sample_rate
        assert int(np.argmax(light)) == 18
        assert heard_s == pytest.approx(0.6, abs=0.005)


def test_webm_of_a_browser_states_no_duration(tmp_path: Path) -> None:
    media = Media(duration_s=1.0, width=64, height=64, video_codec="libvpx", audio_codec="libopus")
    path = write_endless_webm(tmp_path / "browser.webm", media)
    assert len(numbers(path, duration_s=4.0)) == 30


def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    """Frames handed out and dropped leave nothing behind."""
    path = write_media(tmp_path / "clip.mp4", Media(duration_s=4.0, has_audio=False))
    tracemalloc.start()
    try:
        n_bytes = sum(image.nbytes for image in read_frames(path, height=240))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert n_bytes > 20_000_000
    assert peak < 3_000_000


def test_no_picture_waits_for_the_garbage_collector(tmp_path: Path) -> None:
    path = write_media(tmp_path / "clip.mp4")
    gc.collect()
    gc.disable()
    try:
        read = len(list(read_frames(path, height=64)))
        looked_at = len(list(sample_frames(path, per_s=5, short_side=240)))
        kept = [each for each in gc.get_objects() if isinstance(each, av.VideoFrame)]
    finally:
        gc.enable()
    assert (read, looked_at) == (30, 6)
    assert kept == []


def test_a_stretch_of_raw_h264_which_has_no_time_stamps(tmp_path: Path) -> None:
    """As small boards with a camera write it."""
    media = Media(4.0, fps=25, has_audio=False)
    path = write_media(tmp_path / "raw.h264", media)
    found = [number(image) for image in read_frames(path, height=48, fps=25, start_s=3.0)]
    assert found[::5] == [number(image) for image in read_frames(path, height=48, fps=25)][75::5]


def test_no_picture_is_refused(tmp_path: Path) -> None:
    path = write_media(tmp_path / "voice.wav", Media(has_video=False, audio_codec="pcm_s16le"))
    with pytest.raises(MediaError, match=r"voice.wav has no picture \(it holds audio\); expected"):
        numbers(path)


def test_stretch_after_the_end_is_refused(tmp_path: Path) -> None:
    path = write_media(tmp_path / "clip.mp4", Media(width=64, height=64))
    with pytest.raises(MediaError, match=r"no picture from 5.00 s on: it ends after 1.00 s"):
        numbers(path, start_s=5.0)


@pytest.mark.parametrize("name", ["whole.mp4", "whole.mkv"])
def test_truncated_picture_is_refused(tmp_path: Path, name: str) -> None:
    options = {"movflags": "faststart"} if name.endswith("mp4") else {}
    whole = write_media(tmp_path / name, Media(duration_s=3.0), **options)
    path = cut(whole, tmp_path / f"half-{name}", 0.5)
    with pytest.raises(MediaError, match=r"ends after 1\.\d+ s of picture; expected 3.00 s"):
        numbers(path)
    assert len(numbers(path, duration_s=0.5)) == 15


def test_looks_are_sparse_and_say_how_long_they_stand(tmp_path):
    path = write_media(tmp_path / "counting.mp4", Media(duration_s=2.0, fps=30))
    *sampled, last = sample_frames(path, per_s=5, short_side=60)
    assert [look.time_s for look in sampled] == pytest.approx([n / 5 for n in range(10)])
    assert all(look.n_positions == 1 for look in sampled)
    # The last picture says where the recording ends, though no position is left for it.
    assert (last.n_positions, last.end_s) == (0, pytest.approx(2.0))
    # Every look is the last frame before the next position is nearer.
    assert [number(look.image) for look in sampled[:3]] == [2, 8, 14]
    assert sampled[0].image.shape == (60, 80, 3)


def test_a_picture_that_is_held_is_one_look(tmp_path):
    media = Media(times_s=(0.0, 1.0, 1.1))
    first, *rest = sample_frames(write_media(tmp_path / "held.mkv", media), per_s=10, short_side=60)
    assert first.n_positions == 10
    assert first.times_s(10) == pytest.approx([n / 10 for n in range(10)])
    assert first.end_s == 1.0
    assert [look.n_positions for look in rest] == [1, 0]


@pytest.mark.parametrize(
    ("size", "turns", "expected"),
    [
        ((320, 240), 0, (120, 160)),
        ((240, 320), 0, (160, 120)),
        ((320, 240), 1, (160, 120)),
        ((64, 48), 0, (48, 64)),
    ],
    ids=["lying", "standing", "turned", "smaller"],
)
def test_the_shorter_side_of_a_look_is_as_asked(tmp_path, size, turns, expected):
    media = Media(width=size[0], height=size[1])
    path = quarters(tmp_path / "turned.mp4", turns, media)
    first = next(iter(sample_frames(path, per_s=5, short_side=120)))
    assert first.image.shape[:2] == expected


def test_looks_at_a_cut_file_come_before_the_complaint(tmp_path):
    whole = write_media(tmp_path / "whole.mkv", Media(duration_s=3.0))
    sampled = []
    reading = sample_frames(cut(whole, tmp_path / "half.mkv", 0.5), per_s=10, short_side=60)
    with pytest.raises(CutShort, match=r"ends after 1\.\d+ s of picture") as caught:
        sampled.extend(look for look in reading)
    assert sampled[-1].end_s == pytest.approx(caught.value.end_s, abs=0.01)
    assert (caught.value.kind, caught.value.stated_s) == ("picture", pytest.approx(3.0, abs=0.05))


def test_a_cut_survives_the_way_between_processes():
    error = pickle.loads(pickle.dumps(CutShort("ends early", "sound", 1.5, None)))
    assert str(error) == "ends early"
    assert (error.kind, error.end_s, error.stated_s) == ("sound", 1.5, None)
