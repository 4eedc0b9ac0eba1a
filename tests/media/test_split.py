from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from media_files import Media, cut, number, quarters, write_media

from affuse.corpora.known import part_name
from affuse.corpora.readers.ravdess import read_ravdess
from affuse.corpora.table import read_table
from affuse.errors import OutputError
from affuse.media.audio import read_audio
from affuse.media.decode import probe
from affuse.media.split import split
from affuse.media.video import read_frames
from affuse.records import Clip

SMALL = Media(duration_s=1.0, width=64, height=64)
TAKE = "01-06-01-02-01-12"


def clip_of(path: Path, **fields: object) -> Clip:
    return Clip(path.stem, "calm", "1", audio=path, video=path, **fields)  # type: ignore[arg-type]


def frames(path: Path, **options: float) -> np.ndarray:
    return np.array(list(read_frames(path, height=64, **options)))  # type: ignore[arg-type]


def packets_of(path: Path) -> list[bytes]:
    """Pictures as they are compressed."""
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv"])
def test_first_seconds_come_back_the_same(tmp_path: Path, name: str) -> None:
    source = write_media(tmp_path / name, Media(duration_s=4.5, width=64, height=64))
    steps: list[tuple[str, int, int]] = []
    skipped = split([clip_of(source)], tmp_path / "out", progress=lambda *step: steps.append(step))
    sound, picture = tmp_path / "out/audio_only/clip.wav", tmp_path / "out/video_only/clip.mp4"
    assert skipped == ()
    assert steps == [("split", 1, 1)]
    assert soundfile.info(sound).frames == 4 * 48_000
    expected = read_audio(source, duration_s=4.0).signal
    np.testing.assert_allclose(read_audio(sound).signal, expected, atol=1 / 32768)
    assert not probe(picture).has_audio
    np.testing.assert_array_equal(frames(picture, duration_s=4.0), frames(source, duration_s=4.0))


def test_ravdess_reads_back_as_the_same_clips(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_media(tmp_path / f"in/01-{TAKE}.mp4", SMALL)
    before = read_ravdess(tmp_path / "in")
    split(before.clips, tmp_path / "out", named=part_name)
    after = read_ravdess(tmp_path / "out")
    assert [clip.id for clip in after] == [clip.id for clip in before] == [TAKE]
    assert after[0].audio == tmp_path / f"out/audio_only/03-{TAKE}.wav"
    assert after[0].video == tmp_path / f"out/video_only/02-{TAKE}.mp4"


def test_stretch_is_compressed_anew(tmp_path: Path) -> None:
    media = Media(duration_s=2.0, width=65, height=67)
    source = write_media(tmp_path / "long.mp4", media)
    split([clip_of(source, start_s=0.5, end_s=1.0)], tmp_path / "out")
    picture = tmp_path / "out/video_only/long.mp4"
    assert [number(image) for image in frames(picture)] == list(range(15, 30))
    assert (probe(picture).width, probe(picture).height) == (64, 66)
    assert soundfile.info(tmp_path / "out/audio_only/long.wav").frames == 24_000


def test_codec_that_mp4_does_not_hold_is_compressed_anew(tmp_path: Path) -> None:
    media = Media(width=64, height=64, video_codec="libvpx", audio_codec="libopus")
    source = write_media(tmp_path / "browser.webm", media)
    assert split([clip_of(source)], tmp_path / "out") == ()
    difference = frames(tmp_path / "out/video_only/browser.mp4").astype(int) - frames(source)
    assert difference.shape[0] == 30
    assert np.abs(difference).mean() < 2


def test_rotation_is_kept(tmp_path: Path) -> None:
    source = quarters(tmp_path / "phone.mp4", 1)
    split([Clip("a", "calm", "1", video=source)], tmp_path / "out")
    np.testing.assert_array_equal(frames(tmp_path / "out/video_only/a.mp4"), frames(source))
    assert not (tmp_path / "out/audio_only").exists()


def test_bad_clips_are_listed_and_the_rest_goes_on(tmp_path: Path) -> None:
    whole = write_media(tmp_path / "whole.mp4", Media(duration_s=3.0), movflags="faststart")
    half = cut(whole, tmp_path / "half.mp4", 0.5)
    mute = write_media(tmp_path / "mute.mp4", Media(has_audio=False, width=64, height=64))
    (tmp_path / "text.mp4").write_text("no media")
    paths = [half, tmp_path / "text.mp4", mute, whole]
    skipped = split([clip_of(path) for path in paths], tmp_path / "out")
    assert [item.name for item in skipped] == ["half", "text", "mute"]
    assert "ends after 1." in skipped[0].reason
    assert "of picture" in skipped[0].reason
    assert "cannot be read as sound or video" in skipped[1].reason
    assert "has no sound" in skipped[2].reason
    written = sorted(path.name for path in (tmp_path / "out").rglob("*.*"))
    assert written == ["mute.mp4", "whole.mp4", "whole.wav"]


def test_second_call_leaves_what_is_there(tmp_path: Path) -> None:
    source = write_media(tmp_path / "clip.mp4", SMALL)
    split([clip_of(source)], tmp_path / "out")
    (tmp_path / "out/audio_only/clip.wav").write_bytes(b"mine")
    (tmp_path / "out/video_only/clip.mp4").unlink()
    split([clip_of(source)], tmp_path / "out")
    assert (tmp_path / "out/audio_only/clip.wav").read_bytes() == b"mine"
    assert (tmp_path / "out/video_only/clip.mp4").is_file()


def test_interrupted_split_leaves_no_half_file(tmp_path: Path) -> None:
    source = write_media(tmp_path / "clip.mp4", SMALL)

    def interrupt(stage: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    clips = [clip_of(source), Clip("b", "calm", "1", audio=source)]
    with pytest.raises(KeyboardInterrupt):
        split(clips, tmp_path / "out", progress=interrupt)
    assert sorted(p.name for p in (tmp_path / "out").rglob("*.*")) == ["clip.mp4", "clip.wav"]
    assert split(clips, tmp_path / "out") == ()
    assert (tmp_path / "out/audio_only/b.wav").is_file()


def test_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    source = write_media(tmp_path / "clip.mp4", SMALL)
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match=r"cannot be written .*; expected a writable folder"):
        split([clip_of(source)], tmp_path / "out")


@pytest.mark.data
def test_real_clips_keep_every_pixel(tmp_path: Path, shared_data: Path) -> None:
    rows = [f"{path},calm,{path.stem[:4]}" for path in (shared_data / "clips").glob("*.mp4")]
    (tmp_path / "clips.csv").write_text("\n".join(["path,emotion,speaker", *rows]))
    index = read_table(tmp_path / "clips.csv")
    assert split(index.clips, tmp_path / "out", named=part_name) == ()
    assert len(list((tmp_path / "out/audio_only").iterdir())) == 5
    clip = next(clip for clip in index if "M030" in clip.id)
    assert clip.video is not None
    copied = tmp_path / f"out/video_only/{clip.id}.mp4"
    assert packets_of(copied) == packets_of(clip.video)
    some = {"duration_s": 0.3}
    np.testing.assert_array_equal(frames(copied, **some), frames(clip.video, **some))


def test_a_comment_stays_with_the_sound_and_costs_nothing(tmp_path: Path) -> None:
    for name, comment, kept in (
        ("plain", "made by hand", "made by hand"),
        ("none", "", None),
        ("odd", "\u611f\u60c5 \x07" + 900 * "x", ("\u611f\u60c5 " + 900 * "x")[:500]),
    ):
        source = write_media(tmp_path / f"{name}.mp4", SMALL)
        marked = tmp_path / f"{name}-marked.mkv"
        with av.open(str(source)) as before, av.open(str(marked), "w") as after:
            after.metadata["comment"] = comment
            streams = [after.add_stream_from_template(stream) for stream in before.streams]
            for packet in before.demux():
                if packet.dts is not None:
                    packet.stream = streams[packet.stream.index]
                    after.mux(packet)
        assert split([clip_of(marked)], tmp_path / "out") == ()
        sound = tmp_path / f"out/audio_only/{marked.stem}.wav"
        with av.open(str(sound)) as written:
            assert written.metadata.get("comment") == kept
        expected = read_audio(marked).signal
        np.testing.assert_allclose(read_audio(sound).signal, expected, atol=1 / 32768)
