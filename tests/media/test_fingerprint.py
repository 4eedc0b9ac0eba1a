from __future__ import annotations

from pathlib import Path

import av
import pytest
import soundfile
from media_files import Media, write_media

from affuse.errors import MediaError
from affuse.media.fingerprint import clip_fingerprint, fingerprint
from affuse.records import Clip

VOICE = Media(has_video=False, audio_codec="pcm_s16le")


def remuxed(source: Path, target: Path) -> Path:
    with av.open(str(source)) as before, av.open(str(target), "w") as after:
        stream = before.streams.video[0]
        copy = after.add_stream_from_template(stream)
        for packet in before.demux(stream):
            if packet.dts is not None:
                packet.stream = copy
                after.mux(packet)
    return target


def test_same_samples_agree_in_wav_and_flac(tmp_path: Path) -> None:
    wav = write_media(tmp_path / "a.wav", VOICE)
    signal, rate = soundfile.read(wav, dtype="int16")
    soundfile.write(tmp_path / "b.flac", signal, rate)
    assert fingerprint(wav) == fingerprint(tmp_path / "b.flac")


def test_one_other_sample_is_another_recording(tmp_path: Path) -> None:
    wav = write_media(tmp_path / "a.wav", VOICE)
    signal, rate = soundfile.read(wav, dtype="int16")
    signal[-1] += 1
    soundfile.write(tmp_path / "b.wav", signal, rate)
    soundfile.write(tmp_path / "c.wav", signal, rate // 2)
    assert len({fingerprint(tmp_path / f"{name}.wav") for name in "abc"}) == 3


def test_pictures_count_where_there_is_no_sound(tmp_path: Path) -> None:
    mute = write_media(tmp_path / "a.mp4", Media(has_audio=False))
    other = write_media(tmp_path / "b.mp4", Media(has_audio=False, duration_s=0.9))
    assert fingerprint(mute) == fingerprint(remuxed(mute, tmp_path / "c.mkv"))
    assert fingerprint(mute) != fingerprint(other)


def test_clip_goes_by_its_sound_first(tmp_path: Path) -> None:
    sound = write_media(tmp_path / "a.wav", VOICE)
    picture = write_media(tmp_path / "a.mp4", Media(has_audio=False))
    both = Clip("a", "calm", "1", audio=sound, video=picture)
    part = Clip("a", "calm", "1", audio=sound, start_s=0.2, end_s=0.6)
    assert clip_fingerprint(both) == fingerprint(sound)
    assert clip_fingerprint(part) == fingerprint(sound, start_s=0.2, duration_s=0.6 - 0.2)
    assert clip_fingerprint(Clip("b", "calm", "1", video=picture)) == fingerprint(picture)


def test_clip_that_cannot_be_decoded_has_none(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    assert clip_fingerprint(Clip("a", "calm", "1", audio=tmp_path / "empty.wav")) is None
    with pytest.raises(MediaError, match="empty"):
        fingerprint(tmp_path / "empty.wav")


@pytest.mark.data
def test_real_pair_of_identical_takes_is_found(shared_data: Path) -> None:
    folder = shared_data / "ravdess" / "Audio_Speech_Actors_01-24" / "Actor_07"
    takes = [folder / f"03-01-03-01-02-{repetition}-07.flac" for repetition in ("01", "02")]
    assert fingerprint(takes[0]) == fingerprint(takes[1])
    assert fingerprint(takes[0]) != fingerprint(folder / "03-01-03-01-01-01-07.flac")
