"""`affuse predict`: which track is heard, how long a recording may be, names and lists."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from media_files import Media, write_media
from recordings import RATE, fitted, spoken

from affuse.cli import main


def predict(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    with pytest.raises(SystemExit) as stopped:
        main(["predict", *(str(argument) for argument in arguments)])
    message = capsys.readouterr()
    return int(stopped.value.code or 0), message.out, message.err


@pytest.fixture
def two_tracks(tmp_path: Path) -> Path:
    """Silence, and a voice."""
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("pcm_s16le", rate=RATE) for _ in range(2)]
        for stream in streams:
            stream.layout = "mono"
        for stream, sound in zip(streams, (np.zeros(3 * RATE), fitted(spoken(), 3.0)), strict=True):
            samples = np.rint(np.asarray(sound) * 32767).astype(np.int16)[None]
            frame = av.AudioFrame.from_ndarray(samples, layout="mono")
            frame.sample_rate, frame.pts = RATE, 0
            container.mux([*stream.encode(frame), *stream.encode()])
    return path


def test_a_track_is_chosen(capsys, two_tracks):
    code, out, _ = predict(capsys, two_tracks, "--format", "json")
    assert code == 0
    assert "the file has 2 audio tracks: number 1" in out
    assert '"emotion": null' in out
    code, out, _ = predict(capsys, two_tracks, "--format", "json", "--audio-track", 2)
    assert code == 0
    assert "audio tracks" not in out
    code, _, err = predict(capsys, two_tracks, "--audio-track", 3)
    assert code == 2
    assert "has 2 audio tracks, and number 3 was asked for; expected one of them" in err
    assert err.count("\n") == 1


def test_a_longest_duration(capsys, tmp_path):
    path = write_media(tmp_path / "long.wav", Media(3.0, has_video=False, audio_codec="pcm_s16le"))
    code, _, err = predict(capsys, path, "--max-duration", 2)
    assert code == 2
    assert "long.wav lasts 3 s or longer; expected at most 2 s" in err
    assert predict(capsys, path, "--max-duration", 4)[0] == 0


def test_a_name_with_a_colon(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_media(tmp_path / "a.wav", Media(has_video=False, audio_codec="pcm_s16le")).rename(
        tmp_path / "2024-05-01T10:30:00.wav"
    )
    assert predict(capsys, "2024-05-01T10:30:00.wav")[0] == 0


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.m3u8", "#EXTM3U\n#EXTINF:1,\na.wav\n#EXT-X-ENDLIST\n"),
        ("list.ffconcat", "ffconcat version 1.0\nfile a.wav\n"),
    ],
)
def test_a_list_is_not_followed(capsys, tmp_path, name, content):
    write_media(tmp_path / "a.wav", Media(has_video=False, audio_codec="pcm_s16le"))
    (tmp_path / name).write_text(content)
    code, out, err = predict(capsys, tmp_path / name)
    assert (code, out) == (2, "")
    assert f"{name} is a list that names other files, which are not followed" in err
    assert err.count("\n") == 1


def test_what_is_refused_makes_no_folder(capsys, two_tracks, tmp_path):
    again = two_tracks.with_name("again.mkv")
    again.write_bytes(two_tracks.read_bytes())
    out = tmp_path / "new"
    asked = (two_tracks, again, "--explain", "--format", "eaf", "--out", out)
    code, _, err = predict(capsys, *asked)
    assert code == 2
    assert "format 'eaf' was given with --explain, but has no place" in err
    assert not out.exists()
