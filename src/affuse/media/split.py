"""The lecture's two folders: sound alone as wav, picture alone as mp4."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import av
import av.error
import numpy as np
import soundfile

from affuse.errors import MediaError, OutputError
from affuse.media.audio import read_audio
from affuse.media.decode import check_complete, open_media, origin_s, probe, video_stream
from affuse.media.video import read_frames
from affuse.records import Clip, ProgressCallback, Skipped
from affuse.storage.error_log import unforeseen

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.video.stream import VideoStream

AUDIO_FOLDER, VIDEO_FOLDER = "audio_only", "video_only"

_TAKE_KEY = re.compile(r"\d\d(-\d\d){5}")
_COPIED_CODECS = frozenset({"h264", "hevc", "mpeg4", "vp9", "av1"})
_CLOCK = 90_000
_QUALITY = {"crf": "15", "preset": "veryfast"}


def split(
    clips: Sequence[Clip],
    out: str | Path,
    *,
    duration_s: float = 4.0,
    progress: ProgressCallback | None = None,
) -> tuple[Skipped, ...]:
    """Write the first seconds of each clip as ``audio_only/*.wav`` and ``video_only/*.mp4``.

    Sound is written mono at its own rate, 16 bit. Pictures are copied as they are compressed, so
    that they stay the same to the last bit and cost next to nothing; a few more than asked for
    may follow the last one. Where they cannot be copied (a stretch of a longer file, a codec that
    mp4 does not hold), they are compressed anew at their own size and rate, sides of odd length
    one pixel shorter. Rotation is kept, whichever way.

    A RAVDESS clip is written under the names of its kind, ``03-<take key>.wav`` and
    ``02-<take key>.mp4``, so that the folder reads back as the same clips; any other under its id.
    A file that is there already is left as it is: an interrupted call goes on where it ended.

    Parameters
    ----------
    clips : sequence of Clip
    out : str or Path
        Folder that receives the two.
    duration_s : float
        Seconds of each clip.
    progress : callable, optional
        Called with ``("split", n_done, n_clips)``.

    Returns
    -------
    tuple of Skipped
        Clips with a modality that cannot be decoded, and why; one that is absent is no error.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    folder = Path(out)
    skipped = []
    for done, clip in enumerate(clips, start=1):
        reasons = [
            reason
            for source, target, write in _jobs_of(clip, folder)
            if (reason := _written(clip, source, target, write, duration_s))
        ]
        if reasons:
            skipped.append(Skipped(clip.id, "; ".join(reasons)))
        if progress is not None:
            progress("split", done, len(clips))
    return tuple(skipped)


_Writer = Callable[[Path, Path, float, float], None]


def _jobs_of(clip: Clip, folder: Path) -> list[tuple[Path, Path, _Writer]]:
    """Source, target and writer of each modality that the clip has."""
    is_take = _TAKE_KEY.fullmatch(clip.id) is not None
    name = re.sub(r"[^\w.-]+", "_", clip.id)
    audio = folder / AUDIO_FOLDER / f"{'03-' if is_take else ''}{name}.wav"
    video = folder / VIDEO_FOLDER / f"{'02-' if is_take else ''}{name}.mp4"
    found: list[tuple[Path, Path, _Writer]] = []
    if clip.audio is not None:
        found.append((clip.audio, audio, _write_sound))
    if clip.video is not None:
        found.append((clip.video, video, _write_picture))
    return found


def _written(
    clip: Clip, source: Path, target: Path, write: _Writer, duration_s: float
) -> str | None:
    """Reason why a file could not be written from its source, None when it is there."""
    if target.is_file():
        return None
    start_s = clip.start_s or 0.0
    if clip.end_s is not None:
        duration_s = min(duration_s, clip.end_s - start_s)
    partial = target.with_name(f".partial-{target.name}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write(source, partial, start_s, duration_s)
        partial.replace(target)
    except MediaError as error:
        return str(error)
    except (OSError, soundfile.LibsndfileError) as error:
        raise OutputError(
            f"{target} cannot be written ({getattr(error, 'strerror', None) or error}); expected "
            "a writable folder with enough space: mend that and run the same command again"
        ) from error
    except av.error.FFmpegError as error:
        return f"{source} cannot be written as {target.suffix[1:]} ({error.strerror})"
    except Exception as error:
        return unforeseen(str(source), error)
    finally:
        if partial.parent.is_dir():
            partial.unlink(missing_ok=True)
    return None


def _write_sound(source: Path, target: Path, start_s: float, duration_s: float) -> None:
    sound = read_audio(source, start_s=start_s, duration_s=duration_s)
    soundfile.write(target, sound.signal, sound.sample_rate, subtype="PCM_16")


def _write_picture(source: Path, target: Path, start_s: float, duration_s: float) -> None:
    if start_s or not _is_copied(source, target, duration_s):
        _compress(source, target, start_s, duration_s)


def _is_copied(source: Path, target: Path, duration_s: float) -> bool:
    """Copy compressed pictures; False where an mp4 cannot hold them as they are."""
    with open_media(source) as before:
        stream = video_stream(before)
        if stream.codec_context.name not in _COPIED_CODECS:
            return False
        try:
            with av.open(str(target), "w") as after:
                end_s = _copy(before, stream, after, duration_s)
        except av.error.FFmpegError:
            return False
        if end_s is None or end_s < duration_s:
            check_complete(before, stream, end_s)
    return True


def _copy(
    before: InputContainer, stream: VideoStream, after: OutputContainer, duration_s: float
) -> float | None:
    """Copy what is decoded before `duration_s`; gives where the last picture ends."""
    copy = after.add_stream_from_template(stream)
    clock = stream.time_base or Fraction(1, _CLOCK)
    origin, end_s = round(origin_s(before) / clock), None
    for packet in before.demux(stream):
        if packet.dts is None or packet.pts is None:
            continue
        if (packet.dts - origin) * clock >= duration_s:
            break
        packet.pts, packet.dts = packet.pts - origin, packet.dts - origin
        end_s = max(end_s or 0.0, float((packet.pts + (packet.duration or 0)) * clock))
        packet.stream = copy
        after.mux(packet)
    return end_s


def _compress(source: Path, target: Path, start_s: float, duration_s: float) -> None:
    """Write upright frames at the file's own size and mean rate."""
    info = probe(source)
    sideways = info.rotation % 180 != 0
    height = (info.width if sideways else info.height) or 2
    rate = Fraction(info.fps or 30).limit_denominator(1001)
    images = read_frames(
        source, height=height, fps=float(rate), start_s=start_s, duration_s=duration_s
    )
    with av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options=_QUALITY)
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        first = next(images)
        rows, columns = (length // 2 * 2 for length in first.shape[:2])
        stream.height, stream.width = rows, columns
        for image in chain([first], images):
            even = np.ascontiguousarray(image[:rows, :columns])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(even, format="rgb24")))
        container.mux(stream.encode())
