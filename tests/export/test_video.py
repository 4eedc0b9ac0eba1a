"""The annotated clip: its picture, its times, its sound."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from media_files import Media, cut, quarters, write_endless_webm, write_media
from predictions import window

from affuse.errors import MediaError, OutputError
from affuse.export.drawing import COLOURS, Painter
from affuse.export.video import annotate
from affuse.media.audio import read_audio
from affuse.media.decode import probe
from affuse.media.video import read_frames
from affuse.records import Box, Prediction

FRESH, LATE = (0.0, 0.5, 0.9), (1.1, 1.5, 1.9)


@pytest.fixture(scope="module")
def two_seconds(talk: Prediction) -> Prediction:
    """Happy for one second, undecided for another."""
    happy = replace(talk.segments[0], end_s=1.0)
    undecided = replace(talk.segments[2], start_s=1.0, end_s=2.0)
    return replace(talk, duration_s=2.0, segments=(happy, undecided))


@pytest.fixture(scope="module")
def annotated(two_seconds: Prediction, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds with what was found in them drawn on."""
    folder = tmp_path_factory.mktemp("annotated")
    clip = write_media(folder / "clip.mp4", Media(2.0, fps=10, width=640, height=480))
    return annotate(clip, two_seconds, folder / "out.mp4")


def times_s(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [frame.time for frame in container.decode(video=0)]


def frame_at(path: Path, time_s: float) -> np.ndarray:
    with av.open(str(path)) as container:
        frames = [frame for frame in container.decode(video=0) if frame.time <= time_s + 1e-4]
        return frames[-1].to_ndarray(format="rgb24").astype(int)


def near(image: np.ndarray, colour: tuple[int, int, int], tolerance: int = 40) -> np.ndarray:
    return np.abs(image - np.array(colour)).max(axis=-1) < tolerance


def test_same_size_rate_and_length(tmp_path, two_seconds):
    clip = write_media(tmp_path / "clip.mp4", Media(2.0, fps=25, width=320, height=240))
    out = annotate(clip, two_seconds, tmp_path / "out.mp4")
    before, after = probe(clip), probe(out)
    assert (after.width, after.height, after.fps) == (320, 240, 25.0)
    assert after.has_audio
    assert after.duration_s == pytest.approx(before.duration_s, abs=0.03)
    with av.open(str(out)) as container:
        codecs = [stream.codec_context.name for stream in container.streams]
        assert codecs == ["h264", "aac"]
        assert container.metadata["comment"] == f"emotions by {two_seconds.recogniser}"


def test_frames_keep_their_own_times(tmp_path, two_seconds):
    odd = (0.0, 0.04, 0.2, 0.21, 0.9, 1.5, 1.62)
    clip = write_media(tmp_path / "clip.mp4", Media(2.0, times_s=odd))
    out = annotate(clip, two_seconds, tmp_path / "out.mp4")
    assert times_s(out) == pytest.approx(odd, abs=1e-4)


def test_last_frame_holds_as_long_as_before(tmp_path, two_seconds):
    clip = write_media(tmp_path / "clip.mp4", Media(2.0, fps=5, has_audio=False))
    assert probe(annotate(clip, two_seconds, tmp_path / "out.mp4")).duration_s == 2.0


def test_sound_and_picture_stay_together(tmp_path, two_seconds):
    clip = write_media(tmp_path / "clip.mp4", Media(2.0, flash_s=1.0))
    out = annotate(clip, replace(two_seconds, segments=()), tmp_path / "out.mp4")
    sound = read_audio(out)
    click_s = np.argmax(np.abs(sound.signal)) / sound.sample_rate
    bright = [image[:100].mean() for image in read_frames(out, height=240)]
    assert click_s == pytest.approx(1.0, abs=0.005)
    assert np.argmax(bright) / 30 == pytest.approx(1.0, abs=0.034)


def test_stereo_stays_stereo(tmp_path, two_seconds):
    clip = write_media(tmp_path / "clip.mp4", Media(2.0, n_channels=2))
    out = annotate(clip, two_seconds, tmp_path / "out.mp4")
    with av.open(str(out)) as container:
        assert container.streams.audio[0].codec_context.channels == 2
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    spectrum = np.abs(np.fft.rfft(np.concatenate(frames, axis=1)[:, 4800:52800]))
    assert spectrum.argmax(axis=1).tolist() == [440, 880]


def test_sound_at_a_rate_that_aac_does_not_have(tmp_path, two_seconds):
    media = Media(2.0, sample_rate=192_000, audio_codec="pcm_s16le", flash_s=1.5)
    clip = write_media(tmp_path / "clip.mkv", media)
    sound = read_audio(annotate(clip, two_seconds, tmp_path / "out.mp4"))
    assert sound.sample_rate == 48_000
    assert np.argmax(np.abs(sound.signal)) / 48_000 == pytest.approx(1.5, abs=0.005)


def test_sound_that_begins_late_stays_late(tmp_path, two_seconds):
    clip = write_media(tmp_path / "sound.mp4", Media(2.0, has_video=False, flash_s=0.5))
    both = _with_late_sound(tmp_path / "late.mkv", clip, late_s=0.75)
    sound = read_audio(annotate(both, two_seconds, tmp_path / "out.mp4"))
    assert np.argmax(np.abs(sound.signal)) / 48_000 == pytest.approx(1.25, abs=0.005)


def _with_late_sound(path: Path, sound: Path, late_s: float) -> Path:
    with av.open(str(path), "w") as after, av.open(str(sound)) as before:
        video = after.add_stream("libx264", rate=30)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        audio = after.add_stream_from_template(before.streams.audio[0])
        for _ in range(60):
            after.mux(video.encode(av.VideoFrame(64, 64, "yuv420p")))
        after.mux(video.encode())
        for packet in before.demux(audio=0):
            if packet.dts is not None:
                packet.pts += round(late_s * 48_000)
                packet.dts += round(late_s * 48_000)
                packet.stream = audio
                after.mux(packet)
    return path


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_turned_clip_comes_out_upright(tmp_path, talk, turns):
    media = Media(width=320, height=180, has_audio=False)
    clip = quarters(tmp_path / "clip.mp4", turns, media)
    out = annotate(clip, replace(talk, segments=()), tmp_path / "out.mp4")
    info = probe(out)
    assert (info.width, info.height) == ((320, 180) if turns % 2 == 0 else (180, 320))
    assert info.rotation == 0
    image, plain = frame_at(out, 0), next(iter(read_frames(clip, height=info.height))).astype(int)
    above = round(0.8 * info.height)
    assert np.abs(image[:above] - plain[:above]).mean() < 6


def test_odd_sides_lose_one_pixel(tmp_path, two_seconds):
    clip = write_media(tmp_path / "clip.mp4", Media(0.2, width=161, height=121, has_audio=False))
    info = probe(annotate(clip, two_seconds, tmp_path / "out.mp4"))
    assert (info.width, info.height) == (160, 120)


def test_colours_are_kept(tmp_path, talk):
    clip = write_media(tmp_path / "clip.mp4", Media(0.2, has_audio=False))
    flat = np.full((720, 1280, 3), (200, 60, 30), np.uint8)
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(flat, format="rgb24")))
        container.mux(stream.encode())
    before = frame_at(clip, 0)[300:400, 600:700].mean(axis=(0, 1))
    out = annotate(clip, replace(talk, segments=()), tmp_path / "out.mp4")
    after = frame_at(out, 0)[300:400, 600:700].mean(axis=(0, 1))
    assert np.abs(after - before).max() < 4
    with av.open(str(out)) as container:
        assert container.streams.video[0].codec_context.colorspace == 1


def test_box_and_timeline_are_drawn(annotated, two_seconds):
    """The box in the emotion's colour, gone with the face; the strip says both halves."""
    happy = COLOURS[two_seconds.classes.index("happy")]
    for time_s in FRESH:
        image = frame_at(annotated, time_s)
        assert near(image[118:123, 200:440], happy).any(axis=0).mean() > 0.9
        assert near(image[358:363, 200:440], happy).any(axis=0).mean() > 0.9
    for time_s in LATE:
        image = frame_at(annotated, time_s)
        assert not near(image[118:123, 300:440], happy).any()
    strip = frame_at(annotated, 0.5)[-40:]
    assert near(strip[:, 20:140], happy, 70).mean() > 0.5
    assert not near(strip[:, 340:], happy, 70).any()


def test_cursor_moves_along(annotated):
    for time_s in (0.5, 1.0, 1.5):
        columns = frame_at(annotated, time_s)[-40:].min(axis=(0, 2))
        assert columns.argmax() == pytest.approx(time_s / 2 * 640, abs=3)


def test_undecided_is_said(talk):
    undecided = replace(talk.segments[2], start_s=0.0)
    image, other = np.zeros((2, 360, 640, 3), np.uint8)
    Painter(replace(talk, segments=(undecided,)), 640, 360).paint(image, 1.0)
    Painter(replace(talk, segments=()), 640, 360).paint(other, 1.0)
    verdict = image[:80] != other[:80]
    assert verdict.any()
    assert np.ptp(image[:80].reshape(-1, 3)[verdict.any(axis=-1).ravel()], axis=1).max() < 3


@pytest.mark.parametrize(("width", "height"), [(2, 2), (16, 16), (90, 640), (3840, 2160)])
def test_any_size_can_be_drawn_on(couple, width, height):
    image = np.zeros((height, width, 3), np.uint8)
    for time_s in (-1.0, 0.0, 3.0, 5.999, 100.0):
        Painter(couple, width, height).paint(image, time_s)
    assert image.any()


def test_boxes_that_leave_the_picture_and_letters_that_the_font_lacks(talk):
    classes = ("fröhlich", "怒り", *(f"emotion {n}" for n in range(12)))
    segment = replace(window(0.0, "calm", 0.9), emotion="怒り", box=Box(-0.2, 0.5, 1.5, 0.9))
    image = np.zeros((240, 320, 3), np.uint8)
    painter = Painter(replace(talk, segments=(segment,), classes=classes), 320, 240)
    painter.paint(image, 0.5)
    assert image.any()


def test_memory_does_not_depend_on_what_was_drawn(talk):
    painter = Painter(talk, 320, 240)
    one, two = np.full((2, 240, 320, 3), 90, np.uint8)
    painter.paint(one, 3.3)
    painter.paint(two, 7.7)
    again = np.full((240, 320, 3), 90, np.uint8)
    painter.paint(again, 3.3)
    assert np.array_equal(one, again)
    assert not np.array_equal(one, two)


def test_recording_of_a_browser(tmp_path, two_seconds):
    media = Media(2.0, video_codec="libvpx", audio_codec="libopus")
    clip = write_endless_webm(tmp_path / "clip.webm", media)
    info = probe(annotate(clip, two_seconds, tmp_path / "out.mp4"))
    assert info.duration_s == pytest.approx(2.0, abs=0.05)


def test_cut_short_clip_is_drawn_as_far_as_it_goes(tmp_path, two_seconds):
    whole = write_media(tmp_path / "clip.mkv", Media(2.0))
    clip = cut(whole, tmp_path / "cut.mkv", 0.5)
    info = probe(annotate(clip, two_seconds, tmp_path / "out.mp4"))
    assert 0.5 < info.duration_s < 1.5


def test_progress_is_told_every_second(tmp_path, two_seconds):
    clip = write_media(tmp_path / "clip.mp4", Media(2.0, has_audio=False))
    told: list[tuple[str, int, int]] = []
    annotate(clip, two_seconds, tmp_path / "out.mp4", progress=lambda *step: told.append(step))
    assert told == [("video", 1, 2), ("video", 2, 2)]


def test_sound_alone_is_refused(tmp_path, talk):
    clip = tmp_path / "a.wav"
    soundfile.write(clip, np.zeros(8000), 8000)
    with pytest.raises(MediaError, match=r"a\.wav has no picture \(it holds audio\)"):
        annotate(clip, talk, tmp_path / "out.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_what_is_no_media_is_refused(tmp_path, talk):
    (tmp_path / "a.mp4").write_bytes(b"no media" * 100)
    with pytest.raises(MediaError, match="cannot be read as sound or video"):
        annotate(tmp_path / "a.mp4", talk, tmp_path / "out.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_other_containers_and_taken_names_are_refused(tmp_path, talk):
    clip = write_media(tmp_path / "clip.mp4", Media(0.2))
    content = clip.read_bytes()
    with pytest.raises(OutputError, match=r"out\.avi was given .* ends in \.mp4: name it out\.mp4"):
        annotate(clip, talk, tmp_path / "out.avi")
    with pytest.raises(OutputError, match=r"clip\.mp4 exists already, and nothing is overwritten"):
        annotate(clip, talk, clip)
    assert clip.read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_a_place_that_cannot_be_written_is_refused(tmp_path, talk):
    clip = write_media(tmp_path / "clip.mp4", Media(0.2))
    with pytest.raises(OutputError, match=r"out\.mp4 cannot be written \(a part of this"):
        annotate(clip, talk, clip / "out.mp4")


def test_a_disk_that_gets_full_is_told(tmp_path, two_seconds):
    """A limit on the size of files stands for the disk: writing fails in the middle."""
    resource = pytest.importorskip("resource", reason="no limits on this system")
    clip = write_media(tmp_path / "clip.mp4", Media(2.0))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, before[1]))
    try:
        with pytest.raises(OutputError, match=r"out\.mp4 cannot be written .*File too large"):
            annotate(clip, two_seconds, tmp_path / "out.mp4")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_interruption_leaves_nothing(tmp_path, two_seconds):
    clip = write_media(tmp_path / "clip.mp4", Media(2.0, fps=60))

    def interrupt(_: str, done: int, __: int) -> None:
        if done == 2:
            assert any(path.name.startswith(".partial-") for path in tmp_path.iterdir())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        annotate(clip, two_seconds, tmp_path / "out.mp4", progress=interrupt)
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]
