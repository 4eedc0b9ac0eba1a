"""What recordings and a fold file would leak: one recording or speaker on both sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

from affuse.audit.findings import Finding, Verdict
from affuse.corpora.index import Index
from affuse.corpora.speakers import speaker_order
from affuse.features.table import FeatureTable
from affuse.media.fingerprint import clip_fingerprint
from affuse.records import Clip, ProgressCallback
from affuse.splits.fold_files import FoldFile, Overlap, overlaps
from affuse.splits.folds import duplicate_groups
from affuse.splits.protocols import Protocol
from affuse.storage.plain_text import counted

Groups = tuple[tuple[str, ...], ...]

_HEADINGS = ("fold", "on both sides", "trained on", "tested")
_SHOWN = 20


def identical_recordings(index: Index, progress: ProgressCallback | None = None) -> Groups:
    """Groups of clip ids with identical samples, every clip decoded whole.

    Parameters
    ----------
    index : Index
    progress : ProgressCallback, optional
        Called with ``(stage, done, total)``.

    Returns
    -------
    Groups
        Groups of two ids at least.
    """
    done = 0

    def fingerprint(clip: Clip) -> str | None:
        nonlocal done
        found, done = clip_fingerprint(clip), done + 1
        if progress is not None:
            progress("fingerprints", done, len(index))
        return found

    return index.duplicates(fingerprint)


def duplicates_finding(
    index: Index, groups: Groups, table: FeatureTable, protocol: Protocol
) -> Finding:
    """Recordings under several names, and whether affuse's folds separate the copies.

    Parameters
    ----------
    index : Index
    groups : Groups
        As `identical_recordings` gives them.
    table : FeatureTable
        Clips that take part.
    protocol : Protocol
        Whose folds are checked.

    Returns
    -------
    Finding
    """
    joined = sum(None not in (c.audio, c.video) and c.audio != c.video for c in index)
    takes = [f"{counted(joined, 'take')} in several files, each joined into one clip"]
    facts = {"groups": [list(group) for group in groups], "n_joined_takes": joined}
    if not groups:
        statement = f"no two of {counted(len(index), 'clip')} hold the same samples"
        return Finding("duplicates", "OK", statement, tuple(takes[: joined > 0]), facts=facts)
    parted = _parted(groups, table, protocol)
    clips = {clip.id: clip for clip in index}
    details = [" = ".join(group) + f"   ({_who(group, clips)})" for group in groups]
    details.append(_where(parted, len(protocol.folds)))
    statement = f"{counted(len(groups), 'recording')} under several names"
    verdict: Verdict = "LEAK" if parted else "NOTE"
    facts |= {"parted": sorted(parted)}
    return Finding("duplicates", verdict, statement, (*details, *takes[: joined > 0]), facts=facts)


def fold_file_finding(file: FoldFile, index: Index, groups: Groups) -> Finding:
    """Speakers, clips and identical recordings on both sides of the folds of a file.

    Parameters
    ----------
    file : FoldFile
    index : Index
    groups : Groups
        As `identical_recordings` gives them.

    Returns
    -------
    Finding

    Raises
    ------
    FoldError
        The file names clips or speakers that are not there, or leaves some out.
    """
    named = file.of_clips(index.clips)
    folds = [named[clip.id] for clip in index]
    speakers = overlaps(folds, [clip.speaker for clip in index])
    recordings = _recordings(file, index, folds, groups)
    found = [(f"speaker {o.name}", o) for o in speakers]
    found += [(o.name, o) for o in recordings]
    found.sort(key=lambda item: speaker_order(item[1].fold))
    facts = {"file": file.path.name, "overlaps": [asdict(o) | {"name": n} for n, o in found]}
    if not found:
        statement = (
            f"{file.path.name}: {len(file.names)} folds, no speaker and no recording on both sides"
        )
        return Finding("fold file", "OK", statement, facts=facts)
    rest = [f"... and {len(found) - _SHOWN} more rows: --out FILE.json has them all"]
    return Finding(
        "fold file",
        "LEAK",
        f"{file.path.name}: {_both(speakers, recordings)} on both sides of a fold",
        (*rest[: len(found) > _SHOWN], _share(index, speakers)),
        (_HEADINGS, *(_row(*item) for item in found[:_SHOWN])),
        facts,
    )


def _recordings(
    file: FoldFile, index: Index, folds: Sequence[tuple[str, ...]], groups: Groups
) -> tuple[Overlap, ...]:
    """Groups of identical clips on both sides, and clips that a file puts into several folds."""
    named = {group[0]: " = ".join(group) for group in groups}
    found = overlaps(folds, duplicate_groups([clip.id for clip in index], groups))
    return tuple(
        replace(overlap, name=named.get(overlap.name, overlap.name))
        for overlap in found
        # A speaker in two folds of a file of speakers takes all her clips with her.
        if file.unit == "clip" or overlap.name in named
    )


def _parted(groups: Groups, table: FeatureTable, protocol: Protocol) -> set[str]:
    """Groups of identical clips that are on both sides of a fold."""
    group_of = duplicate_groups([str(clip) for clip in table.clips], groups)
    parted: set[str] = set()
    for fold in protocol.folds:
        parted |= {group_of[row] for row in fold.train} & {group_of[row] for row in fold.test}
    return parted


def _where(parted: set[str], n_folds: int) -> str:
    if parted:
        return (
            f"on both sides of the folds of affuse: {', '.join(sorted(parted))}; remove all but "
            "one of each"
        )
    return (
        f"affuse keeps each on one side of all {n_folds} folds; {n_folds} random folds that do not "
        f"look would part a pair in about {n_folds - 1} of {n_folds} cases"
    )


def _who(group: Sequence[str], clips: Mapping[str, Clip]) -> str:
    speakers = sorted({clips[clip].speaker for clip in group}, key=speaker_order)
    emotions = sorted({clips[clip].emotion for clip in group})
    differ = ": the labels disagree" if len(emotions) > 1 else ""
    many = "s" if len(speakers) > 1 else ""
    return f"speaker{many} {', '.join(speakers)}, {', '.join(emotions)}{differ}"


def _both(speakers: Sequence[Overlap], clips: Sequence[Overlap]) -> str:
    numbers = {
        "speaker": len({o.name for o in speakers}),
        "recording": len({o.name for o in clips}),
    }
    return " and ".join(counted(number, what) for what, number in numbers.items() if number)


def _row(name: str, overlap: Overlap) -> tuple[str, ...]:
    return overlap.fold, name, str(overlap.n_train), str(overlap.n_test)


def _share(index: Index, speakers: Sequence[Overlap]) -> str:
    names = {overlap.name for overlap in speakers}
    known = sum(clip.speaker in names for clip in index)
    return (
        f"{known:,} of {counted(len(index), 'clip')} tested on a speaker that was trained on; "
        "`affuse run` refuses the file: put all clips of a speaker, and all names of a "
        "recording, into one fold"
    )
