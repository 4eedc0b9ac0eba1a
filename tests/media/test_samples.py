"""One gate for samples: offsets, what is no number, channels that cancel, rates that change."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from media_files import Media, write_media
from numpy.typing import NDArray

from affuse.errors import MediaError
from affuse.media.audio import audio_blocks, read_audio
from affuse.media.fingerprint import fingerprint
from affuse.media.offset import OffsetRemoval

RATE = 16_000

Signal = NDArray[np.float32]


@pytest.fixture
def voice(rng: np.random.Generator) -> Signal:
    """Quiet syllables, of a level where an offset of a thousandth drowns the pauses."""
    time_s = np.arange(6 * RATE) / RATE
    syllables = np.sin(2 * np.pi * 1.5 * time_s) ** 4
    noise = np.diff(rng.standard_normal(len(time_s) + 1))
    return (0.01 * syllables * noise + 1e-4 * noise).astype(np.float32)


def written(path: Path, signal: Signal, rate: int = RATE, subtype: str = "FLOAT") -> Path:
    soundfile.write(path, signal, rate, subtype=subtype)
    return path


@pytest.mark.parametrize("offset", [0.0005, 0.001, 0.005, -0.05, 0.3])
def test_a_constant_offset_changes_nothing(tmp_path: Path, voice: Signal, offset: float) -> None:
    found = read_audio(written(tmp_path / "dc.wav", voice + np.float32(offset))).signal
    np.testing.assert_allclose(found, voice, atol=2e-5)


def test_an_offset_stays_where_it_is_asked_for(tmp_path: Path, voice: Signal) -> None:
    given = voice + np.float32(0.05)
    found = read_audio(written(tmp_path / "dc.wav", given), remove_offset=False)
    np.testing.assert_array_equal(found.signal, given)


def test_an_offset_that_drifts_changes_nothing(tmp_path: Path, voice: Signal) -> None:
    drift = np.linspace(0.004, 0.008, len(voice), dtype=np.float32)
    found = read_audio(written(tmp_path / "drift.wav", voice + drift)).signal
    np.testing.assert_allclose(found, voice, atol=5e-5)


@pytest.mark.parametrize("duration_s", [0.3, 1.0, 2.5])
def test_an_offset_of_a_short_recording(tmp_path: Path, voice: Signal, duration_s: float) -> None:
    short = voice[: round(duration_s * RATE)]
    found = read_audio(written(tmp_path / "dc.wav", short + np.float32(0.01))).signal
    np.testing.assert_allclose(found, short, atol=2e-4)


def test_samples_without_an_offset_stay_to_the_last_bit(tmp_path: Path, voice: Signal) -> None:
    np.testing.assert_array_equal(read_audio(written(tmp_path / "a.wav", voice)).signal, voice)


def test_silence_in_a_gap_is_no_part_of_the_offset(tmp_path: Path, voice: Signal) -> None:
    """A microphone muted for ten seconds: the rest has its offset, the gap has none."""
    path = tmp_path / "gap.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=RATE)
        stream.layout = "mono"
        for begin in (0, 13 * RATE):
            samples = np.rint((voice[: 3 * RATE] + 0.005) * 32767).astype(np.int16)
            for first in range(0, len(samples), 1600):
                block = np.ascontiguousarray(samples[None, first : first + 1600])
                frame = av.AudioFrame.from_ndarray(block, layout="mono")
                frame.sample_rate, frame.pts = RATE, begin + first
                container.mux(stream.encode(frame))
        container.mux(stream.encode())
    found = read_audio(path).signal
    assert not found[3 * RATE : 13 * RATE].any()
    np.testing.assert_allclose(found[: 3 * RATE], voice[: 3 * RATE], atol=1e-4)
    np.testing.assert_allclose(found[13 * RATE :], voice[: 3 * RATE], atol=1e-4)


def test_joined_recordings_have_an_offset_each(tmp_path: Path, voice: Signal) -> None:
    offsets = np.repeat(np.float32([0, 0.2, -0.1]), len(voice))
    whole = np.tile(voice, 3)
    found = read_audio(written(tmp_path / "joined.wav", whole + offsets)).signal
    np.testing.assert_allclose(found, whole, atol=1e-4)


def test_zeros_that_fill_a_clip_up_are_no_part_of_the_offset(tmp_path: Path, voice: Signal) -> None:
    zeros = np.zeros(9 * RATE, np.float32)
    filled = np.concatenate([zeros[:777], voice + np.float32(0.05), zeros])
    found = read_audio(written(tmp_path / "padded.wav", filled)).signal
    np.testing.assert_allclose(found, np.concatenate([zeros[:777], voice, zeros]), atol=5e-5)


@pytest.mark.parametrize("begin", [1, 399, 400, 401, 30_000])
def test_a_run_of_400_zeros_was_not_recorded_wherever_it_begins(voice: Signal, begin: int) -> None:
    signal = voice + np.float32(0.05)
    signal[begin : begin + 400] = 0
    removal = OffsetRemoval(RATE)
    found = np.concatenate([*removal.taken(signal, True), *removal.finished()])
    assert not found[begin : begin + 400].any()
    np.testing.assert_allclose(found[begin + 400 :], voice[begin + 400 :], atol=5e-5)


def test_an_offset_does_not_tell_two_codecs_of_one_recording_apart(
    tmp_path: Path, voice: Signal
) -> None:
    samples = np.rint((voice + 0.005) * 32767).astype(np.int16)
    soundfile.write(tmp_path / "a.wav", samples, RATE)
    soundfile.write(tmp_path / "a.flac", samples, RATE)
    assert fingerprint(tmp_path / "a.wav") == fingerprint(tmp_path / "a.flac")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_counted(tmp_path: Path, voice: Signal, bad: float) -> None:
    voice[[5, 700, 50_000]] = bad
    path = written(tmp_path / "bad.wav", voice)
    with pytest.raises(
        MediaError,
        match=r"bad\.wav has 3 samples of 96,000 that are no numbers \(NaN or infinite\); expected",
    ) as raised:
        read_audio(path)
    assert "\n" not in str(raised.value)
    with pytest.raises(MediaError, match="that are no numbers"):
        fingerprint(path)


@pytest.mark.parametrize("bad", [np.nan, 20_000])
def test_bad_samples_after_a_stretch_do_not_spoil_it(
    tmp_path: Path, voice: Signal, bad: float
) -> None:
    """They are in one of the frames that are mixed together with the last of the stretch."""
    voice[round(0.66 * RATE)] = bad
    found = read_audio(written(tmp_path / "bad.wav", voice), start_s=0.1, duration_s=0.45)
    np.testing.assert_array_equal(found.signal, voice[RATE // 10 :][: round(0.45 * RATE)])


def test_samples_on_the_scale_of_16_bit_are_refused(tmp_path: Path, voice: Signal) -> None:
    path = written(tmp_path / "loud.wav", voice / np.abs(voice).max() * 20_000)
    with pytest.raises(MediaError, match=r"samples of up to [\d,]+; expected .* from -1 to 1"):
        read_audio(path)


def test_amplified_samples_are_left_alone(tmp_path: Path, voice: Signal) -> None:
    loud = voice / np.abs(voice).max() * 4
    np.testing.assert_array_equal(read_audio(written(tmp_path / "a.wav", loud)).signal, loud)


@pytest.mark.parametrize("scale", [-1.0, -0.97])
def test_channels_that_cancel_give_the_left_one(
    tmp_path: Path, voice: Signal, scale: float
) -> None:
    both = np.stack([voice, np.float32(scale) * voice], axis=1)
    np.testing.assert_array_equal(read_audio(written(tmp_path / "a.wav", both)).signal, voice)


def test_channels_that_cancel_but_for_an_offset(tmp_path: Path, voice: Signal) -> None:
    both = np.stack([voice, -voice], axis=1) + np.float32(0.02)
    found = read_audio(written(tmp_path / "a.wav", both)).signal
    np.testing.assert_allclose(found, voice, atol=5e-5)


def test_the_effects_of_surround_sound_are_no_part_of_a_voice(
    tmp_path: Path, voice: Signal
) -> None:
    """Left, right, centre, effects, two behind."""
    thunder = 0.9 * np.sin(2 * np.pi * 40 * np.arange(len(voice)) / RATE)
    silent = np.zeros_like(voice)
    channels = np.stack([silent, silent, voice, thunder, silent, silent]).astype(np.float32)
    path = tmp_path / "film.mka"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("flac", rate=RATE, layout="5.1", format="s16")
        whole = np.ascontiguousarray(np.rint(channels.T * 32767).astype(np.int16).reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(whole, "s16", "5.1")
        frame.sample_rate, frame.pts = RATE, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    np.testing.assert_allclose(read_audio(path).signal, voice / 5, atol=1e-4)


def test_channels_that_cancel_after_lossy_coding(tmp_path: Path) -> None:
    tone = 0.1 * np.sin(2 * np.pi * 300 * np.arange(3 * RATE) / RATE)
    path = tmp_path / "a.ogg"
    soundfile.write(path, np.stack([tone, -tone], axis=1), RATE, subtype="VORBIS")
    assert read_audio(path).signal.std() == pytest.approx(tone.std(), rel=0.05)


def test_channels_that_cancel_at_a_thousandth_do_not_flutter(tmp_path: Path, voice: Signal) -> None:
    """Noise of its own in each channel: pauses do not cancel, the voice does."""
    rng = np.random.default_rng(3)
    noise = 1e-4 * rng.standard_normal((len(voice), 2)).astype(np.float32)
    both = np.stack([voice, -voice], axis=1) + noise
    found = read_audio(written(tmp_path / "a.wav", both)).signal
    loud = np.abs(voice) > 0.005
    np.testing.assert_array_equal(found[loud], both[loud, 0])


def test_ordinary_stereo_is_the_mean(
    tmp_path: Path, voice: Signal, rng: np.random.Generator
) -> None:
    room = 0.3 * np.roll(voice, 40) + 0.001 * rng.standard_normal(len(voice)).astype(np.float32)
    both = np.stack([voice, room], axis=1).astype(np.float32)
    found = read_audio(written(tmp_path / "a.wav", both)).signal
    np.testing.assert_array_equal(found, both.mean(axis=1, dtype=np.float32))


@pytest.mark.parametrize("rate", [7, 1000, 3999])
def test_a_rate_that_no_voice_survives_is_refused_at_once(tmp_path: Path, rate: int) -> None:
    path = tmp_path / "slow.wav"
    soundfile.write(path, np.zeros(180_000), rate, subtype="PCM_U8")
    with pytest.raises(
        MediaError, match=rf"slow\.wav has sound at {rate:,} Hz; expected 4,000 to 1,536,000 Hz"
    ):
        next(audio_blocks(path))


def test_a_rate_that_no_converter_has_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "fast.wav", np.zeros(100), 2_000_000_000)
    with pytest.raises(MediaError, match="sound at 2,000,000,000 Hz; expected"):
        read_audio(tmp_path / "fast.wav")


def beeps(rate: int, pitches: tuple[float, ...]) -> NDArray[np.int16]:
    """A beep of 0.2 s at each second, each at its pitch."""
    time_s = np.arange(len(pitches) * rate) / rate
    pitch = np.repeat(pitches, rate)
    return np.rint(12_000 * np.sin(2 * np.pi * pitch * time_s) * (time_s % 1 < 0.2)).astype(
        np.int16
    )


def heard(signal: Signal, rate: int) -> list[tuple[float, int]]:
    """When each beep begins, and its pitch to 20 Hz."""
    found = []
    for second in range(round(len(signal) / rate)):
        part = signal[second * rate : (second + 1) * rate]
        loud = np.flatnonzero(np.abs(part) > 0.1)
        if len(loud):
            beep = part[loud[0] : loud[0] + round(0.15 * rate)]
            spectrum = np.abs(np.fft.rfft(beep * np.hanning(len(beep)), 8 * rate))
            found.append((second + loud[0] / rate, round(spectrum.argmax() / 8 / 20) * 20))
    return found


def mp3(samples: NDArray[np.int16], rate: int, layout: str = "mono") -> bytes:
    import io

    content = io.BytesIO()
    with av.open(
        content, "w", format="mp3", options={"write_xing": "0", "id3v2_version": "0"}
    ) as c:
        stream = c.add_stream("libmp3lame", rate=rate)
        stream.layout = layout
        stream.bit_rate = 64_000
        both = np.ascontiguousarray(np.tile(samples, (len(stream.layout.channels), 1)))
        frame = av.AudioFrame.from_ndarray(both, format="s16p", layout=layout)
        frame.sample_rate = rate
        for packet in stream.encode(frame):
            c.mux(packet)
        c.mux(stream.encode())
    return content.getvalue()


@pytest.mark.parametrize(
    ("first", "second"), [(44_100, 22_050), (22_050, 44_100), (48_000, 32_000)]
)
def test_a_rate_that_changes_on_the_way(tmp_path: Path, first: int, second: int) -> None:
    path = tmp_path / "change.mp3"
    path.write_bytes(
        mp3(beeps(first, (400, 500, 600)), first) + mp3(beeps(second, (700, 800, 900)), second)
    )
    sound = read_audio(path)
    assert sound.sample_rate == first
    assert sound.duration_s == pytest.approx(6.0, abs=0.25)
    found = heard(sound.signal, first)
    assert [pitch for _, pitch in found] == [400, 500, 600, 700, 800, 900]
    np.testing.assert_allclose([time_s % 1 for time_s, _ in found], 0.0, atol=0.2)


def test_channels_and_rate_that_change_on_the_way(tmp_path: Path) -> None:
    path = tmp_path / "change.mp3"
    one, two = beeps(44_100, (400, 500)), beeps(32_000, (600, 700))
    path.write_bytes(mp3(one, 44_100, "stereo") + mp3(two, 32_000) + mp3(one, 44_100))
    found = heard(read_audio(path).signal, 44_100)
    assert [pitch for _, pitch in found] == [400, 500, 600, 700, 400, 500]


@pytest.mark.parametrize("rates", [(48_000, 16_000), (16_000, 48_000)])
def test_a_rate_that_changes_where_no_time_is_stamped(
    tmp_path: Path, rates: tuple[int, int]
) -> None:
    """FFmpeg makes up the time stamps of aac by its first rate."""
    joined = tmp_path / "joined.aac"
    for rate in rates:
        media = Media(3.0, has_video=False, sample_rate=rate, flash_s=1.0)
        part = write_media(tmp_path / f"{rate}.aac", media)
        with joined.open("ab") as whole:
            whole.write(part.read_bytes())
    sound = read_audio(joined)
    assert sound.duration_s == pytest.approx(6.1, abs=0.15)
    clicks = np.flatnonzero(np.abs(sound.signal) > 0.1) / sound.sample_rate
    assert [clicks.min(), clicks.max()] == pytest.approx([1.03, 4.1], abs=0.1)
    late = read_audio(joined, start_s=3.5, duration_s=1.0)
    assert np.abs(late.signal).argmax() / late.sample_rate == pytest.approx(0.6, abs=0.1)
