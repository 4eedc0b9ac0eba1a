"""A person's labelled data -> the clips that a bundle can be adapted to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from affuse.corpora.emotions import emotion_name
from affuse.corpora.index import Index
from affuse.corpora.registry import read_all
from affuse.errors import DatasetError
from affuse.records import Clip, Skipped
from affuse.storage.plain_text import none_of


@dataclass(frozen=True, slots=True)
class LabelledClips:
    """Clips whose emotions a bundle knows, and those that were left out.

    Attributes
    ----------
    name : str
        What they are called.
    clips : tuple of Clip
    notes : tuple of str
        Notes on them.
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
    """The clips of an index whose emotions a bundle knows.

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
        Clips of emotions that the bundle does not know, or with numbers in their place; none of an
        emotion that was asked for.
    """
    roots = [data] if isinstance(data, (str, Path)) else list(data)
    index = read_all(roots, corpus)
    asked = None if emotions is None else [emotion_name(name) for name in emotions]
    clips = tuple(clip for clip in index if asked is None or clip.emotion in asked)
    _refuse_absent(asked or (), index)
    if not all(clip.emotion for clip in clips):
        targets = sorted({target for clip in clips for target in clip.targets})
        raise DatasetError(
            f"clips with numbers ({', '.join(targets)}) and no emotion were given; expected an "
            "emotion of each: a bundle can be adapted to emotions alone"
        )
    unknown = sorted({clip.emotion for clip in clips} - set(classes))
    known = [name for name in classes if any(clip.emotion == name for clip in index)]
    if unknown:
        left = f": leave these out with --emotions {','.join(known)}" if known else ""
        raise DatasetError(
            f"clips of {', '.join(unknown)} were given; the bundle knows {', '.join(classes)}{left}"
        )
    left_out = len(index) - len(clips)
    which = "clip of another emotion was" if left_out == 1 else "clips of other emotions were"
    notes = [f"{left_out} {which} left out."] if left_out else []
    name = " + ".join(Path(str(root)).stem for root in roots)
    return LabelledClips(name, clips, (*index.notes, *notes), index.skipped)


def _refuse_absent(asked: Sequence[str], index: Index) -> None:
    """Refuse emotions that no clip shows: a typing error would leave clips out unnoticed."""
    shown = {clip.emotion for clip in index}
    absent = [name or "''" for name in asked if name not in shown]
    if absent:
        raise DatasetError(
            f"{none_of(len(index), 'clip')} is of {', '.join(absent)}; they are of "
            f"{', '.join(sorted(shown))}: name some of these"
        )
