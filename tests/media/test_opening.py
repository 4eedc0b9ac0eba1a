"""One gate to every media file: nothing else is opened, and no foreign error comes out."""

from __future__ import annotations

import os
import sys
import wave
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from media_files import Media, write_media

from affuse.errors import MediaError
from affuse.media.audio import read_audio
from affuse.media.decode import open_media, probe, video_stream
from affuse.media.shown import timed_frames
from affuse.media.video import read_frames

LISTS = {
    "hls.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\npart.ts\n#EXT-X-ENDLIST\n",
    "hls_named.mp4": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\npart.ts\n#EXT-X-ENDLIST\n",
    "songs.m3u": "#EXTM3U\npart.ts\n",
    "both.ffconcat": "ffconcat version 1.0\nfile part.ts\nfile part.ts\n",
    "both.wav": "\ufeffffconcat version 1.0\nfile part.ts\n",
    "dash.mpd": '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>\n',
    "call.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_other_files_is_not_followed(tmp_path: Path, name: str) -> None:
    write_media(tmp_path / "part.ts", Media())
    (tmp_path / name).write_text(LISTS[name])
    with pytest.raises(
        MediaError, match=r"is a list that names other files, which are not followed; expected"
    ):
        probe(tmp_path / name)


def test_a_format_that_reads_its_neighbours_is_refused(tmp_path: Path) -> None:
    """VobSub: an .idx reads the .sub beside it."""
    (tmp_path / "film.idx").write_text("# VobSub index file, v7\nid: en, index: 0\n")
    (tmp_path / "film.sub").write_bytes(bytes(4096))
    with pytest.raises(MediaError, match="list that names other files"):
        probe(tmp_path / "film.idx")


@pytest.mark.parametrize(
    "name",
    ["2024-05-01T10:30:00.wav", "concat:a.wav", "subfile,,start,0,end,0,,:a.wav", "http:a.wav"],
)
def test_a_name_with_a_colon_is_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    soundfile.write("a.wav", np.zeros(800), 8000)
    os.rename("a.wav", name)
    assert read_audio(name).duration_s == 0.1


def test_a_name_is_no_pattern(tmp_path: Path) -> None:
    """FFmpeg reads "a%d.png" as a1.png, a2.png and so on."""
    for name, grey in (("a%d.png", 200), ("a1.png", 20)):
        with av.open(str(tmp_path / "one.png"), "w", format="image2", options={"update": "1"}) as c:
            stream = c.add_stream("png", rate=1)
            stream.width, stream.height, stream.pix_fmt = 16, 16, "rgb24"
            image = av.VideoFrame.from_ndarray(np.full((16, 16, 3), grey, np.uint8))
            c.mux(stream.encode(image))
            c.mux(stream.encode())
        (tmp_path / "one.png").rename(tmp_path / name)
    image = next(read_frames(tmp_path / "a%d.png", height=16))
    assert image.mean() == pytest.approx(200, abs=2)


@pytest.mark.parametrize(
    "error",
    [
        av.error.InvalidDataError(1, "bad"),
        av.error.PatchWelcomeError(1, "not yet"),
        OverflowError("value too large"),
        OSError(5, "Input/output error"),
        ZeroDivisionError("division by zero"),
        MemoryError("17.9 GiB"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_any_error_inside_a_file_carries_its_name(tmp_path: Path, error: Exception) -> None:
    path = write_media(tmp_path / "clip.mp4")
    expected = r"clip.mp4 cannot be decoded \(.+\); expected a whole media file"
    with pytest.raises(MediaError, match=expected), open_media(path):
        raise error


def test_a_picture_that_cannot_be_scaled_is_an_error_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "long.png"
    with av.open(str(path), "w", format="image2", options={"update": "1"}) as container:
        stream = container.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 60_000, 1, "rgb24"
        frame = av.VideoFrame(60_000, 1, "rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(MediaError, match=r"long\.png has a picture of 60000 x 1 pixels"):
        list(read_frames(path, height=48))


def with_packets_behind_the_end(path: Path, kind: bytes, number: int = 10) -> Path:
    """The table of an mp4 places some packets behind its end."""
    content = bytearray(path.read_bytes())
    table = content.index(b"stco", content.index(kind))
    place = table + 12 + 4 * number
    content[place : place + 4] = (1 << 28).to_bytes(4, "big")
    path.write_bytes(content)
    return path


def test_packets_behind_the_end_of_an_mp4_are_left_out_alone(tmp_path: Path) -> None:
    whole = write_media(tmp_path / "whole.mp4", Media(duration_s=2.0))
    frames, sound = list(read_frames(whole, height=48)), read_audio(whole)
    path = with_packets_behind_the_end(write_media(tmp_path / "a.mp4", Media(2.0)), b"vide", 10)
    assert len(list(read_frames(path, height=48))) == len(frames) == 60
    assert np.array_equal(read_audio(path).signal, sound.signal)
    path = with_packets_behind_the_end(write_media(tmp_path / "b.mp4", Media(2.0)), b"soun")
    assert np.array_equal(list(read_frames(path, height=48)), frames)
    assert read_audio(path).duration_s == pytest.approx(2.0, abs=0.05)


def test_the_last_pictures_of_a_file_with_an_error_have_their_times(tmp_path: Path) -> None:
    """The decoder gives them once it is told that nothing follows."""
    path = tmp_path / "b.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.options = {"x264-params": "bframes=3:b-adapt=0"}
        for n in range(50):
            image = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 4 * n, np.uint8))
            container.mux(stream.encode(image))
        container.mux(stream.encode())
    with_packets_behind_the_end(path, b"vide", 49)
    with open_media(path) as container:
        *_, last = timed_frames(container, video_stream(container))
    assert last.end_s == pytest.approx(2.0)


def test_a_bad_packet_without_decoding_time_does_not_end_the_file(tmp_path: Path) -> None:
    """Matroska keeps no decoding times: where pictures come out of order they are not known."""
    path = tmp_path / "b.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.options = {"bf": "3", "b-pyramid": "normal", "preset": "medium"}
        for n in range(60):
            image = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 4 * n, np.uint8))
            container.mux(stream.encode(image))
        container.mux(stream.encode())
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux() if packet.size]
    second = packets[1]
    assert second.dts is None
    path.write_bytes(path.read_bytes().replace(bytes(second), b"\xff" * second.size))
    assert 55 <= sum(1 for _ in read_frames(path, height=48)) <= 60


@pytest.mark.parametrize("version", ["17.0.1", "18.1.0", "19.0.2", "20.0.0"])
def test_metadata_in_any_encoding_whatever_pyav_calls_it(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from affuse.media import opening

    monkeypatch.setattr(av, "__version__", version)
    asked = {"metadata_errors": "ignore"} if version < "19" else {}
    assert opening._lenient() == asked


def test_names_in_latin_letters_are_read(tmp_path: Path) -> None:
    """A title in Latin-1, as old recorders wrote it, is no UTF-8."""
    path = tmp_path / "latin.mkv"
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "Z?rich"
        stream = container.add_stream("pcm_s16le", rate=8000)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    path.write_bytes(path.read_bytes().replace(b"Z?rich", b"Z\xfcrich"))
    assert read_audio(path).duration_s == 0.1


@pytest.mark.parametrize("n_bytes", [6, 20, 26, 27, 28, 60])
def test_an_ogg_of_less_than_a_page_is_refused(tmp_path: Path, n_bytes: int) -> None:
    whole = write_media(tmp_path / "a.opus", Media(has_video=False, audio_codec="libopus"))
    path = tmp_path / "cut.opus"
    path.write_bytes(whole.read_bytes()[:n_bytes])
    with pytest.raises(MediaError, match=r"cut\.opus \(\d+ bytes\) cannot be read"):
        probe(path)


def frames_of_dts(n_frames: int, n_bytes: int) -> bytes:
    """The headers of DTS before random bytes: as much as tells what it is."""
    fields = [(0x7FFE8001, 32), (1, 1), (31, 5), (0, 1), (15, 7), (n_bytes - 1, 14), (2, 6), (8, 4)]
    bits = "".join(f"{value:0{width}b}" for value, width in [*fields, (24, 5), (0, 22)])
    header = int(bits.ljust(104, "0"), 2).to_bytes(13, "big")
    rng = np.random.default_rng(0)
    return b"".join(header + rng.bytes(n_bytes - len(header)) for _ in range(n_frames))


@pytest.mark.parametrize("n_bytes", [2048, 4096])
def test_what_lies_encoded_in_a_wav_file_is_not_taken_for_samples(
    tmp_path: Path, n_bytes: int
) -> None:
    path = tmp_path / "disc.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 44_100, 0, "NONE", ""))
        file.writeframes(frames_of_dts(40, n_bytes))
    with open_media(path) as container:
        assert container.streams.audio[0].codec_context.name == "dca"


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux counts bytes read")
@pytest.mark.parametrize("kind", ["WAV", "RF64", "W64"])
def test_little_of_a_wav_file_is_read_to_open_it(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "long.wav"
    noise = np.random.default_rng(0).standard_normal((480_000, 2))
    soundfile.write(path, noise / 10, 48_000, format=kind, subtype="PCM_16")
    before = bytes_read()
    with open_media(path) as container:
        n_bytes = bytes_read() - before
        assert container.streams.audio[0].codec_context.name == "pcm_s16le"
    assert n_bytes < 150_000


def bytes_read() -> int:
    return int(Path("/proc/self/io").read_text().split()[1])


def test_a_stream_that_appears_on_the_way_spoils_nothing(tmp_path: Path) -> None:
    """PyAV may raise an IndexError at the end of such a file."""
    alone = write_media(tmp_path / "a.ts", Media(duration_s=1.0, has_video=False))
    both = write_media(tmp_path / "b.ts", Media(duration_s=12.0, width=64, height=48))
    path = tmp_path / "joined.ts"
    path.write_bytes(60 * alone.read_bytes() + both.read_bytes())
    assert read_audio(path).duration_s == pytest.approx(61.4, abs=0.5)
