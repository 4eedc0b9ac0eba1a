"""What somebody labelled -> the clips that a bundle can be adapted to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from affuse.corpora.emotions import emotion_name
from affuse.corpora.registry import read_all
from affuse.errors import DatasetError
from affuse.records import Clip, Skipped


@dataclass(frozen=True, slots=True)
class LabelledClips:
    """Clips of emotions that a bundle knows.

    Attributes
    ----------
    name : str
        What they are called.
    clips : tuple of Clip
    notes : tuple of str
        What a reader must know of them.
    skipped : tuple of Skipped
        Media files or rows that are no clips.
    """

    name: str
    clips: tuple[Clip, ...]
    notes: tuple[str, ...]
    skipped: tuple[Skipped, ...]


def labelled_clips(
    data: str | Path | Sequence[str | Path],
    classes: Sequence[str],
    corpus: str,
    emotions: Sequence[str] | None,
) -> LabelledClips:
    """Clips of some data, of emotions that a bundle knows.

    Parameters
    ----------
    data : str or Path, or a sequence of them
    classes : sequence of str
        Emotions of the bundle.
    corpus : str
        As `affuse.read` takes it.
    emotions : sequence of str or None
        Only clips of these; None: of all.

    Returns
    -------
    LabelledClips

    Raises
    ------
    DatasetError
        Clips of emotions that the bundle does not know, or none of those that were asked for.
    """
    roots = [data] if isinstance(data, (str, Path)) else list(data)
    index = read_all(roots, corpus)
    asked = None if emotions is None else [emotion_name(name) for name in emotions]
    clips = tuple(clip for clip in index if asked is None or clip.emotion in asked)
    unknown = sorted({clip.emotion or "none" for clip in clips} - set(classes))
    known = [name for name in classes if any(clip.emotion == name for clip in index)]
    if unknown:
        left = f": leave these out with --emotions {','.join(known)}" if known else ""
        raise DatasetError(
            f"clips of {', '.join(unknown)} were given; the bundle knows {', '.join(classes)}{left}"
        )
    if not clips:
        shown = ", ".join(sorted({clip.emotion for clip in index}))
        wanted = ", ".join(asked or ())
        raise DatasetError(
            f"none of {len(index)} clips is of {wanted}; they are of {shown}: name some of these"
        )
    left_out = len(index) - len(clips)
    which = "clip of another emotion was" if left_out == 1 else "clips of other emotions were"
    notes = [f"{left_out} {which} left out."] if left_out else []
    name = " + ".join(Path(str(root)).stem for root in roots)
    return LabelledClips(name, clips, (*index.notes, *notes), index.skipped)
