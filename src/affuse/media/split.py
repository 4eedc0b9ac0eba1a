"""The lecture's two folders: sound alone as wav, picture alone as mp4."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import av.error
import soundfile

from affuse.errors import MediaError, OutputError
from affuse.media.audio import read_audio
from affuse.media.decode import comment_of
from affuse.media.picture_files import unlike_what_was_written, write_picture
from affuse.records import MODALITIES, Clip, Modality, ProgressCallback, Skipped
from affuse.storage.error_log import unforeseen
from affuse.storage.whole import atomic_file, remove_leftovers

AUDIO_FOLDER, VIDEO_FOLDER = "audio_only", "video_only"

_LONGEST_COMMENT = 500
Naming = Callable[[Clip, Modality], str]
"""What half of a clip is called, without a suffix."""


def _by_id(clip: Clip, _: Modality) -> str:
    return clip.id


def split(
    clips: Sequence[Clip],
    out: str | Path,
    *,
    named: Naming = _by_id,
    duration_s: float = 4.0,
    progress: ProgressCallback | None = None,
) -> tuple[Skipped, ...]:
    """Write the first seconds of each clip as ``audio_only/*.wav`` and ``video_only/*.mp4``.

    Sound is written mono at its own rate, 16 bit. Pictures are copied as they are compressed, so
    that they stay the same to the last bit and cost next to nothing; a few more than asked for
    may follow the last one. Where they cannot be copied (a stretch of a longer file, recordings
    that were joined, a codec that mp4 does not hold), they are compressed anew at their own size
    and times, sides of odd length one pixel shorter. Rotation is kept, whichever way, and so is
    the place of each picture beside the sound: one that begins late comes after a black one.
    What was written is read back before it counts as done: samples, pictures, and where they end.

    A file that is there already is left as it is: an interrupted call goes on where it ended.

    Parameters
    ----------
    clips : sequence of Clip
    out : str or Path
        Folder that receives the two.
    named : callable, optional
        Clip and modality -> name without suffix; the clip's id by default. With
        `affuse.corpora.known.part_name` the folder reads back as the same clips of their corpus.
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
    remove_leftovers(folder, "*/.*")
    skipped = []
    for done, clip in enumerate(clips, start=1):
        reasons = {
            target.parent.name: reason
            for source, target, write in _jobs_of(clip, folder, named)
            if (reason := _written(clip, source, target, write, duration_s))
        }
        if reasons:
            skipped.append(Skipped(clip.id, "; ".join([*reasons.values(), *_kept(clip, reasons)])))
        if progress is not None:
            progress("split", done, len(clips))
    return tuple(skipped)


def _kept(clip: Clip, reasons: Collection[str]) -> list[str]:
    """A note that the other half of a clip was written, if it was."""
    if len(reasons) != 1 or clip.audio is None or clip.video is None:
        return []
    return [f"kept with {'video' if AUDIO_FOLDER in reasons else 'audio'} alone"]


_Writer = Callable[[Path, Path, float, float], None]


def _jobs_of(clip: Clip, folder: Path, named: Naming) -> list[tuple[Path, Path, _Writer]]:
    """Source, target and writer of each modality that the clip has."""
    audio_name, video_name = (
        re.sub(r"[^\w.-]+", "_", named(clip, modality)) for modality in MODALITIES
    )
    audio = folder / AUDIO_FOLDER / f"{audio_name}.wav"
    video = folder / VIDEO_FOLDER / f"{video_name}.mp4"
    found: list[tuple[Path, Path, _Writer]] = []
    if clip.audio is not None:
        found.append((clip.audio, audio, _write_sound))
    if clip.video is not None:
        found.append((clip.video, video, write_picture))
    return found


def _written(
    clip: Clip, source: Path, target: Path, write: _Writer, duration_s: float
) -> str | None:
    """Why a file could not be written from its source; None when it was."""
    if target.is_file():
        return None
    start_s = clip.start_s or 0.0
    if clip.end_s is not None:
        duration_s = min(duration_s, clip.end_s - start_s)
    try:
        with atomic_file(target, lasting=False) as temporary:
            write(source, temporary, start_s, duration_s)
    except MediaError as error:
        return str(error)
    except OutputError:
        raise
    except soundfile.LibsndfileError as error:
        raise OutputError(
            f"{target} cannot be written ({error}); expected a writable folder with enough space: "
            "mend that and run the same command again"
        ) from error
    except av.error.FFmpegError as error:
        return f"{source} cannot be written as {target.suffix[1:]} ({error.strerror})"
    except Exception as error:
        return unforeseen(str(source), error)
    return None


def _write_sound(source: Path, target: Path, start_s: float, duration_s: float) -> None:
    sound = read_audio(source, start_s=start_s, duration_s=duration_s)
    kind = {"format": "WAV", "subtype": "PCM_16"}
    with soundfile.SoundFile(target, "w", sound.sample_rate, 1, **kind) as file:
        # What a recording says of itself, such as that it is drawn, stays with it.
        if comment := _comment(source):
            file.comment = comment
        file.write(sound.signal)
    n_read, n_written = soundfile.info(target).frames, len(sound.signal)
    if n_read != n_written:
        raise unlike_what_was_written(source, f"{n_read} of {n_written} samples")


def _comment(source: Path) -> str:
    # Whatever metadata a file holds, it must not cost the sound.
    return "".join(filter(str.isprintable, comment_of(source)))[:_LONGEST_COMMENT]
