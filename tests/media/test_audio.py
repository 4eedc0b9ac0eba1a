from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from media_files import Media, cut, tone, write_endless_webm, write_media
from numpy.typing import NDArray

from affuse.errors import MediaError
from affuse.media.audio import audio_blocks, read_audio

LOSSLESS = {".wav": "pcm_s16le", ".flac": "flac"}


def lossless(path: Path, **fields: object) -> Path:
    codec = LOSSLESS[path.suffix]
    return write_media(path, Media(has_video=False, audio_codec=codec, **fields))  # type: ignore[arg-type]


def lag(signal: NDArray[np.float32], reference: NDArray[np.float32]) -> int:
    """Samples by which `signal` comes after `reference`, at the peak of their correlation."""
    n = min(len(signal), len(reference))
    spectra = np.fft.rfft(signal[:n], 2 * n) * np.conj(np.fft.rfft(reference[:n], 2 * n))
    peak = int(np.argmax(np.fft.irfft(spectra)))
    return peak if peak < n else peak - 2 * n


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_lossless_sound_equals_the_samples_that_were_written(tmp_path: Path, suffix: str) -> None:
    sound = read_audio(lossless(tmp_path / f"tone{suffix}"))
    expected, rate = soundfile.read(tmp_path / f"tone{suffix}", dtype="float32")
    assert sound.sample_rate == rate == 48_000
    assert sound.signal.dtype == np.float32
    np.testing.assert_array_equal(sound.signal, expected)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_every_sample_format_has_the_same_scale(
    tmp_path: Path, subtype: str, rng: np.random.Generator
) -> None:
    signal = rng.uniform(-1, 1, 3000).astype(np.float32)
    soundfile.write(tmp_path / "noise.wav", signal, 16_000, subtype=subtype)
    expected, _ = soundfile.read(tmp_path / "noise.wav", dtype="float32")
    np.testing.assert_allclose(read_audio(tmp_path / "noise.wav").signal, expected, atol=1e-7)


def test_stereo_becomes_the_mean_of_its_channels(tmp_path: Path) -> None:
    media = Media(n_channels=2, sample_rate=44_100)
    sound = read_audio(lossless(tmp_path / "stereo.wav", n_channels=2, sample_rate=44_100))
    assert sound.sample_rate == 44_100
    np.testing.assert_allclose(sound.signal, tone(media).mean(axis=0), atol=2e-4)


def test_first_seconds_are_resampled_with_soxr(tmp_path: Path) -> None:
    lossless(tmp_path / "tone.wav", duration_s=4.5)
    sound = read_audio(tmp_path / "tone.wav", sample_rate=8000, duration_s=4.0)
    original, _ = soundfile.read(tmp_path / "tone.wav", dtype="float32")
    expected = soxr.resample(original[: 4 * 48_000], 48_000, 8000, quality="HQ")
    assert sound.signal.shape == (32_000,)
    assert sound.duration_s == 4.0
    np.testing.assert_array_equal(sound.signal, expected)


def test_short_sound_is_not_padded(tmp_path: Path) -> None:
    lossless(tmp_path / "short.wav", duration_s=0.5)
    assert read_audio(tmp_path / "short.wav", duration_s=4.0).duration_s == 0.5


@pytest.mark.parametrize("name", ["long.wav", "long.flac", "long.mp4", "long.mkv"])
def test_stretch_equals_the_same_part_of_the_whole(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    codec = LOSSLESS.get(path.suffix, "aac")
    write_media(path, Media(duration_s=5.0, has_video=False, audio_codec=codec, tone_hz=441.7))
    whole = read_audio(path).signal
    part = read_audio(path, start_s=3.25, duration_s=0.5).signal
    first = round(3.25 * 48_000)
    assert len(part) == 24_000
    assert abs(lag(part, whole[first : first + len(part)])) <= 48  # mkv counts in milliseconds


def test_priming_of_aac_does_not_shift_the_sound(tmp_path: Path) -> None:
    media = Media(flash_s=0.5)
    for name in ("click.mp4", "click.mkv"):
        sound = read_audio(write_media(tmp_path / name, media))
        assert abs(lag(sound.signal, tone(media)[0])) <= 48


def pieces(
    path: Path, begins_s: tuple[float, ...], picture_s: float | None = None, **options: str
) -> Path:
    """Pieces of a square wave of 0.1 s, and perhaps a picture from then on."""
    import av

    square = np.tile(np.repeat([16384, -16384], 4), 100)[None].astype(np.int16)

    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        stream.layout = "mono"
        if picture_s is not None:
            pictures = container.add_stream("mpeg4", rate=10)
            pictures.width = pictures.height = 32
            pictures.pix_fmt = "yuv420p"
            image = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))
            image.pts, image.time_base = round(picture_s * 10), Fraction(1, 10)
            container.mux(pictures.encode(image))
            container.mux(pictures.encode())
        for begin_s in begins_s:
            frame = av.AudioFrame.from_ndarray(square, layout="mono")
            frame.sample_rate, frame.pts = 8000, round(begin_s * 8000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def stands_at(signal: NDArray[np.float32], rate: int = 8000) -> list[float]:
    """Where sound begins, in seconds."""
    loud = np.concatenate([[0], (np.abs(signal) > 0.1).astype(int)])
    return [round(float(n) / rate, 3) for n in np.flatnonzero(np.diff(loud) > 0)]


SQUARE = np.tile(np.repeat([0.5, -0.5], 4), 100).astype(np.float32)


def test_sound_that_begins_later_than_the_picture_is_preceded_by_silence(tmp_path: Path) -> None:
    path = pieces(tmp_path / "late.mkv", (0.25, 0.35, 0.85), picture_s=0.0)
    expected = np.zeros(7600, np.float32)
    expected[2000:2800] = expected[2800:3600] = expected[6800:] = SQUARE
    np.testing.assert_array_equal(read_audio(path).signal, expected)


@pytest.mark.parametrize("begin_s", [0.5, 0.9, 20.0, 4000.0])
def test_a_timeline_begins_at_its_first_sound_or_picture(tmp_path: Path, begin_s: float) -> None:
    alone = read_audio(pieces(tmp_path / "alone.mkv", (begin_s, begin_s + 0.5))).signal
    assert stands_at(alone) == [0.0, 0.5]
    both = pieces(tmp_path / "both.mkv", (begin_s + 0.3,), picture_s=begin_s)
    assert stands_at(read_audio(both).signal) == [0.3]


@pytest.mark.parametrize("gap_s", [70.0, 1200.0])
def test_a_gap_is_silence_of_its_length(tmp_path: Path, gap_s: float) -> None:
    """As of a microphone that is muted: no packet comes for a minute, or for twenty."""
    path = pieces(tmp_path / "gap.mkv", (0.0, 0.1, gap_s, gap_s + 0.1))
    assert stands_at(read_audio(path).signal) == [0.0, gap_s]
    blocks = list(audio_blocks(path))
    assert max(block.duration_s for block in blocks) <= 1.0
    assert sum(block.duration_s for block in blocks) == pytest.approx(gap_s + 0.2)


def test_one_wild_time_stamp_among_good_ones_is_not_believed(tmp_path: Path) -> None:
    path = pieces(tmp_path / "wild.mkv", (0.0, 1.0, 1.1, 1.2, 1.3), cluster_time_limit="1")
    content = path.read_bytes()
    cluster_at, leap = b"\xe7\x82" + (1100).to_bytes(2, "big"), (60_000).to_bytes(2, "big")
    assert content.count(cluster_at) == 1
    path.write_bytes(content.replace(cluster_at, cluster_at[:2] + leap))
    sound = read_audio(path)
    assert stands_at(sound.signal) == [0.0, 1.0]
    assert sound.duration_s == pytest.approx(1.4)


@pytest.mark.parametrize("at_s", [1e5, 1e8])
def test_more_time_than_the_bytes_can_hold_is_refused(tmp_path: Path, at_s: float) -> None:
    for begins_s, picture_s in (((at_s,), 0.0), ((0.0, 0.1, at_s, at_s + 0.1), None)):
        path = pieces(tmp_path / "claims.mkv", begins_s, picture_s)
        with pytest.raises(
            MediaError, match=r"has a time stamp of 100,.* s, more than so small a file can hold"
        ):
            read_audio(path)


def joined(path: Path, *parts: Path) -> Path:
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


@pytest.mark.parametrize(
    ("suffix", "video", "audio"),
    [
        ("ts", "libx264", "aac"),
        ("mkv", "libx264", "aac"),
        ("webm", "libvpx", "libopus"),
        ("ts", None, "aac"),
        ("opus", None, "libopus"),
        ("mp3", None, "libmp3lame"),
    ],
)
def test_joined_recordings_follow_each_other(
    tmp_path: Path, suffix: str, video: str | None, audio: str
) -> None:
    """Each has its click at 0.5 s, and its time stamps begin anew."""
    fields = {"video_codec": video} if video else {"has_video": False}
    parts = [
        write_media(
            tmp_path / f"{n}.{suffix}",
            Media(duration_s=duration_s, audio_codec=audio, flash_s=0.5, **fields),  # type: ignore[arg-type]
        )
        for n, duration_s in enumerate((1.5, 1.0, 2.0))
    ]
    sound = read_audio(joined(tmp_path / f"joined.{suffix}", *parts))
    assert sound.duration_s == pytest.approx(4.5, abs=0.2)
    clicks = stands_at(sound.signal, sound.sample_rate)
    first_s = [time_s for n, time_s in enumerate(clicks) if not n or time_s - clicks[n - 1] > 0.1]
    assert first_s == pytest.approx([0.5, 2.0, 3.0], abs=0.15)


def test_webm_of_a_browser_states_no_duration(tmp_path: Path) -> None:
    media = Media(duration_s=1.5, video_codec="libvpx", audio_codec="libopus")
    path = write_endless_webm(tmp_path / "browser.webm", media)
    sound = read_audio(path, sample_rate=8000, duration_s=4.0)
    assert sound.duration_s == pytest.approx(1.5, abs=0.03)
    late = read_audio(path, start_s=1.0, duration_s=0.25)
    assert late.duration_s == 0.25


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "avi", "ts", "m4a", "mp3", "ogg", "aac"])
def test_sound_is_the_same_where_pictures_are_not_looked_at(tmp_path: Path, suffix: str) -> None:
    """A file is opened for its sound without decoding its first pictures."""
    import av

    codec = {"mp3": "libmp3lame", "ogg": "libopus"}.get(suffix, "aac")
    pictures = suffix in ("mp4", "mov", "mkv", "avi", "ts")
    path = write_media(tmp_path / f"clip.{suffix}", Media(has_video=pictures, audio_codec=codec))
    with av.open(str(path)) as container:
        blocks = [frame.to_ndarray() for frame in container.decode(container.streams.audio[0])]
        rate = container.streams.audio[0].sample_rate
    sound = read_audio(path)
    assert sound.sample_rate == rate
    whole = np.concatenate([block.mean(axis=0) for block in blocks])
    assert len(sound.signal) == pytest.approx(len(whole), abs=0.05 * rate)
    assert np.corrcoef(sound.signal[-8000:], whole[-8000:])[0, 1] > 0.99


def test_no_sound_is_refused(tmp_path: Path) -> None:
    path = write_media(tmp_path / "mute.mp4", Media(has_audio=False))
    with pytest.raises(MediaError, match=r"mute.mp4 has no sound \(it holds video\); expected"):
        read_audio(path)


def test_stretch_after_the_end_is_refused(tmp_path: Path) -> None:
    lossless(tmp_path / "tone.wav")
    with pytest.raises(
        MediaError, match=r"no sound from 5.00 s on: it ends after 1.00 s; expected"
    ):
        read_audio(tmp_path / "tone.wav", start_s=5.0)


def test_truncated_sound_is_refused(tmp_path: Path) -> None:
    whole = write_media(tmp_path / "whole.mp4", Media(duration_s=3.0), movflags="faststart")
    path = cut(whole, tmp_path / "half.mp4", 0.5)
    with pytest.raises(MediaError, match=r"half.mp4 ends after 1\.\d+ s of sound; expected 3.00 s"):
        read_audio(path)
    assert read_audio(path, duration_s=0.5).duration_s == 0.5


@pytest.mark.data
def test_clip_and_original_recording_start_together(shared_data: Path) -> None:
    clip = read_audio(shared_data / "clips" / "01-01-07-02-02-01-01.mp4", sample_rate=48_000)
    actor = shared_data / "ravdess" / "Audio_Speech_Actors_01-24" / "Actor_01"
    original = read_audio(actor / "03-01-07-02-02-01-01.wav")
    assert abs(lag(clip.signal, original.signal)) / 48 <= 2.5  # ms
