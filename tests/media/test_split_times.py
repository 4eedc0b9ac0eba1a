"""What `split` writes holds every picture at its own time, and is read back."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import av
import numpy as np
import pytest
from media_files import Media, level, number, write_media
from recordings import Track, fitted, portrait, spoken, write

from affuse.errors import OutputError
from affuse.media.split import split
from affuse.media.video import read_frames, sample_frames
from affuse.records import Clip

SMALL = {"width": 64, "height": 64}
TENTHS = tuple(n / 10 for n in range(20))


def picture_of(path: Path, out: Path, **options: float) -> Path:
    """What split writes as the picture of a file."""
    assert split([Clip("a", "calm", "1", video=path)], out, **options) == ()  # type: ignore[arg-type]
    return out / "video_only/a.mp4"


def reason_of(path: Path, out: Path, **options: float) -> str:
    """Why split writes no picture; nothing is left in its place."""
    (skipped,) = split([Clip("a", "calm", "1", video=path)], out, **options)  # type: ignore[arg-type]
    assert not list(out.rglob("*.*"))
    return skipped.reason


def numbers(path: Path, fps: float = 30.0) -> list[int]:
    return [number(image) for image in read_frames(path, height=64, fps=fps)]


def sampled(path: Path) -> list[float]:
    """Times of looks at something that is not black."""
    found = sample_frames(path, per_s=5, short_side=60)
    return [
        round(time_s, 6) for look in found if look.image.max() > 20 for time_s in look.times_s(5)
    ]


def out_of_order(path: Path) -> Path:
    """60 frames that count, decoded in another order than shown."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        stream.options = {"bf": "3", "b-pyramid": "normal", "preset": "medium", "crf": "1"}
        for n in range(60):
            image = np.full((64, 64, 3), level(n), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image)))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".avi", ".ts"])
def test_pictures_decoded_out_of_order(tmp_path, suffix):
    source = out_of_order(tmp_path / f"b{suffix}")
    copy = picture_of(source, tmp_path / "out")
    with av.open(str(copy)) as container:
        found = [number(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
    assert found == [n % 50 for n in range(60)]


def test_pictures_without_times_of_decoding_are_copied_to_the_last_bit(tmp_path):
    source = out_of_order(tmp_path / "b.mkv")
    with av.open(str(source)) as container:
        before = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    with av.open(str(picture_of(source, tmp_path / "out"))) as container:
        after = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    assert after == before


@pytest.mark.parametrize("sound", [True, False])
def test_joined_recordings(tmp_path, sound):
    """Two broadcasts in a row, whose times start again."""
    part = write_media(tmp_path / "part.ts", Media(duration_s=1.0, has_audio=sound, **SMALL))
    source = tmp_path / "both.ts"
    source.write_bytes(part.read_bytes() * 2)
    found = numbers(picture_of(source, tmp_path / "out"))
    assert [one for one, _ in groupby(found)] == [*range(30), *range(30)]
    assert len(found) == pytest.approx(60, abs=3)


def test_a_late_picture_keeps_its_place(tmp_path):
    late = tuple(1.5 + time_s for time_s in TENTHS)
    sound = fitted(spoken(), 4.0)
    track = Track([portrait()] * 20, times_s=late, sound=sound)
    source = write(tmp_path / "late.mkv", track)
    copy = picture_of(source, tmp_path / "out")
    assert sampled(copy) == pytest.approx(sampled(source))
    assert sampled(copy)[0] == pytest.approx(1.6, abs=0.11)


@pytest.mark.parametrize("codec", ["libx264", "libvpx"])
def test_a_gap_stays_a_gap_copied_or_compressed(tmp_path, codec):
    times_s = (*TENTHS, *(30 + time_s for time_s in TENTHS))
    media = Media(times_s=times_s, fps=10, has_audio=False, video_codec=codec, **SMALL)
    source = write_media(tmp_path / "gap.mkv", media)
    copy = picture_of(source, tmp_path / "out", duration_s=40.0)
    assert sampled(copy) == pytest.approx(sampled(source), abs=0.02)
    assert numbers(copy, 10) == pytest.approx(numbers(source, 10), abs=1)


def test_a_picture_before_a_gap_does_not_stand_beyond_the_stretch(tmp_path):
    """An mp4 lets it stand for all of the gap."""
    times_s = (*TENTHS, *(30 + time_s for time_s in TENTHS))
    media = Media(times_s=times_s, fps=10, has_audio=False, **SMALL)
    source = write_media(tmp_path / "gap.mp4", media)
    with av.open(str(picture_of(source, tmp_path / "out", duration_s=4.0))) as container:
        assert container.duration / 1e6 == pytest.approx(4.0, abs=0.1)


def test_pictures_at_no_even_rate_are_compressed_at_their_own_times(tmp_path):
    times_s = (0.0, 0.04, 0.3, 0.35, 0.9, 1.5, 1.57)
    media = Media(times_s=times_s, has_audio=False, video_codec="libvpx", **SMALL)
    copy = picture_of(write_media(tmp_path / "odd.webm", media), tmp_path / "out")
    with av.open(str(copy)) as container:
        found = [frame.time for frame in container.decode(video=0)]
    assert found == pytest.approx(times_s, abs=0.001)


def test_no_picture_in_the_first_seconds(tmp_path):
    late = tuple(10 + time_s for time_s in TENTHS)
    track = Track([portrait()] * 20, times_s=late, sound=fitted(spoken(), 12.0))
    reason = reason_of(write(tmp_path / "late.mp4", track), tmp_path / "out")
    assert "has no picture from 0.00 s to 4.00 s: the next one comes at 10.00 s" in reason


def test_a_cover_is_no_picture_of_a_clip(tmp_path):
    track = Track([portrait()], sound=fitted(spoken(), 4.0))
    reason = reason_of(write(tmp_path / "cover.mp4", track), tmp_path / "out")
    assert "has sound and one still picture, a cover; expected a moving picture" in reason


def test_a_picture_that_does_not_decode_is_not_copied(tmp_path):
    source = out_of_order(tmp_path / "b.mp4")
    with av.open(str(source)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    content = source.read_bytes()
    source.write_bytes(content.replace(packets[30], b"\xff" * len(packets[30])))
    with av.open(str(picture_of(source, tmp_path / "out"))) as container:
        assert len(list(container.decode(video=0))) >= 50
        comment = bytes(next(container.demux(video=0)))
    assert comment != packets[0]


def test_what_does_not_read_back_is_not_counted_as_done(tmp_path, monkeypatch):
    """A disk that returns less than was written stands behind this."""
    monkeypatch.setattr("affuse.media.picture_files._read_back", lambda target: (7, 0.5))
    reason = reason_of(out_of_order(tmp_path / "b.mkv"), tmp_path / "out")
    assert "does not read back whole (7 of 60 pictures, 0.50 of 2.00 s); expected all" in reason


@pytest.mark.parametrize("codec", ["libx264", "libvpx"], ids=["copied", "compressed"])
def test_a_disk_that_gets_full_is_no_fault_of_the_clip(tmp_path, codec, rng):
    """A limit on the size of files stands for the disk."""
    resource = pytest.importorskip("resource", reason="no limits on this system")
    noise = [rng.integers(0, 256, (64, 64, 3), np.uint8) for _ in range(30)]
    source = write(tmp_path / "noise.mkv", Track(noise, video_codec=codec))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, before[1]))
    try:
        with pytest.raises(OutputError, match=r"a\.mp4 cannot be written \(File too large\)"):
            split([Clip("a", "calm", "1", video=source)], tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list((tmp_path / "out").rglob("*.*"))
