"""Votes matched to clips: which clips have enough of them, and what is left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from affuse.corpora.clip_keys import rows_of_clips
from affuse.corpora.emotions import in_class_order
from affuse.corpora.index import Index
from affuse.corpora.vote_files import COLUMNS, read_votes
from affuse.corpora.votes import Counts, Votes, majority
from affuse.errors import DatasetError
from affuse.records import Clip, Skipped
from affuse.storage.plain_text import counted, first_few, none_of


@dataclass(frozen=True, slots=True)
class Voted:
    """Votes on the clips of an index.

    Attributes
    ----------
    source : str
        Where they are from, in words.
    votes : mapping of str to (mapping of str to int)
        By clip id.
    notes : tuple of str
        Notes on the source.
    """

    source: str
    votes: Mapping[str, Counts]
    notes: tuple[str, ...] = ()


def votes_of_clips(votes: Votes, clips: Sequence[Clip]) -> dict[str, Counts]:
    """Votes by clip id, of the clips that have some.

    Parameters
    ----------
    votes : Votes
    clips : sequence of Clip

    Returns
    -------
    dict of str to (mapping of str to int)

    Raises
    ------
    DatasetError
        A row that may be about several clips, or a clip with several rows.
    """
    return {clip: votes.rows[names[0]] for clip, names in _rows_of(votes, clips).items() if names}


def _rows_of(votes: Votes, clips: Sequence[Clip]) -> dict[str, tuple[str, ...]]:
    """Names of the rows about each clip: one, or none."""
    try:
        found = rows_of_clips(votes.rows, clips)
    except DatasetError as error:
        raise DatasetError(f"{votes.source} {error}") from error
    several = {clip: names for clip, names in found.items() if len(names) > 1}
    if several:
        clip, names = next(iter(several.items()))
        raise DatasetError(
            f"{votes.source} has several rows for {counted(len(several), 'clip')} "
            f"({clip}: {first_few(names)}); expected one each: remove the others"
        )
    return found


def votes_from_file(csv_path: str | Path, index: Index) -> Voted:
    """Votes from a CSV on the clips of an index; rows that match no clip are counted in the notes.

    Parameters
    ----------
    csv_path : str or Path
        As `read_votes` takes it.
    index : Index
        All clips that the data hold, whether they take part or not.

    Returns
    -------
    Voted

    Raises
    ------
    DatasetError
        What `read_votes` refuses; a file that names no clip at all.
    """
    read = read_votes(csv_path, index.classes)
    if not read.rows:
        raise DatasetError(
            f"{csv_path} has a header and no rows; expected a row of votes for each clip: fill it, "
            "or give another file"
        )
    found = _rows_of(read, index.clips)
    met = {name for names in found.values() for name in names}
    if not met:
        raise DatasetError(
            f"{csv_path} names {counted(len(read.rows), 'clip')} (first: "
            f"{first_few(list(read.rows), 1)}), none of which is among the "
            f"{counted(len(index), 'clip')} here (first: {index[0].id}); expected "
            "votes on these: mend the names, or give the file that belongs to these data"
        )
    strangers = [name for name in read.rows if name not in met]
    notes = []
    if strangers:
        rows = "row names" if len(strangers) == 1 else "rows name"
        notes.append(
            f"{len(strangers)} {rows} no clip of these data in {csv_path}: {first_few(strangers)}."
        )
    if read.passed_over:
        notes.append(
            f"Columns of {csv_path} that are no emotion were passed over: "
            f"{first_few(read.passed_over)}."
        )
    votes = {clip: read.rows[names[0]] for clip, names in found.items() if names}
    return Voted(str(csv_path), votes, tuple(notes))


def votes_of_corpora(
    index: Index, modality: str, votes_of: Callable[[Index, str], Votes | None]
) -> Voted:
    """Votes from files beside the clips, of each corpus that has such files.

    Parameters
    ----------
    index : Index
    modality : {"audio", "video", "audio+video"}
        What people heard and saw.
    votes_of : callable
        Clips of one corpus and modality -> their votes, None where there are none.

    Returns
    -------
    Voted

    Raises
    ------
    DatasetError
        No corpus has votes.
    """
    found: dict[str, Counts] = {}
    sources = []
    for corpus in index.corpora:
        own = replace(index, clips=tuple(clip for clip in index if clip.corpus == corpus))
        votes = votes_of(own, modality)
        if votes is not None:
            found |= votes_of_clips(votes, own.clips)
            sources.append(votes.source)
    if not sources:
        raise DatasetError(
            f"target = votes was given, and no votes lie beside the clips of "
            f"{' and '.join(index.corpora) or 'these data'}; expected a file of votes: name a CSV "
            f"{COLUMNS} with --set data.votes=FILE.csv"
        )
    return Voted(" and ".join(sources), found)


def with_votes(index: Index, voted: Voted, least: int, *, every: bool = False) -> Index:
    """The clips with enough votes, with their votes attached.

    Parameters
    ----------
    index : Index
    voted : Voted
    least : int
        Votes that a clip must have.
    every : bool
        Whether votes for emotions that no clip of the index shows count too: then these are
        answers as well. Else they are left out and counted in the notes.

    Returns
    -------
    Index
        Clips with too few votes are in its `skipped`.

    Raises
    ------
    DatasetError
        No clip has enough.

    Examples
    --------
    >>> clips = (Clip("a", "sad", "1"), Clip("b", "happy", "1"))
    >>> votes = Voted("votes.csv", {"a": {"sad": 4, "calm": 2}, "b": {"happy": 1}})
    >>> found = with_votes(Index(clips), votes, least=1)
    >>> [dict(clip.votes) for clip in found]
    [{'happy': 0, 'sad': 4}, {'happy': 1, 'sad': 0}]
    """
    kept, skipped = index.clips, index.skipped
    while True:
        classes = _answers(kept, voted if every else Voted("", {}))
        reasons = {clip.id: _fault(voted, clip, classes, least) for clip in kept}
        few = tuple(Skipped(name, why) for name, why in reasons.items() if why)
        if not few:
            break
        # An emotion whose clips are all left out is no answer any more.
        kept, skipped = tuple(c for c in kept if not reasons[c.id]), (*skipped, *few)
    if not kept:
        raise DatasetError(
            f"{none_of(len(index), 'clip')} has {least} votes for emotions of this run (first: "
            f"{skipped[-1].name}: {skipped[-1].reason}); expected so many for some clips at least: "
            "lower data.least_votes, or give other votes with data.votes"
        )
    clips = tuple(replace(c, votes=_among(voted.votes[c.id], classes)) for c in kept)
    notes = (*index.notes, *_notes(clips, voted, len(index) - len(clips)))
    return replace(index, clips=clips, skipped=skipped, notes=notes)


def _answers(clips: Sequence[Clip], voted: Voted) -> tuple[str, ...]:
    """Emotions that clips show, or that somebody voted for."""
    names = {clip.emotion for clip in clips if clip.emotion}
    for clip in clips:
        names |= {name for name, n in voted.votes.get(clip.id, {}).items() if n}
    return in_class_order(names)


def _among(votes: Counts, classes: Sequence[str]) -> dict[str, int]:
    return {name: votes.get(name, 0) for name in classes}


def _fault(voted: Voted, clip: Clip, classes: Sequence[str], least: int) -> str:
    """Why a clip cannot take part, empty where it can."""
    votes = voted.votes.get(clip.id)
    if votes is None:
        return f"no votes in {voted.source}"
    total, own = sum(votes.values()), sum(_among(votes, classes).values())
    if own >= max(least, 1):
        return ""
    counted = f"{own} votes" if own == total else f"{own} of {total} votes for emotions of this run"
    return f"{counted}; expected at least {max(least, 1)} (data.least_votes)"


def _notes(clips: Sequence[Clip], voted: Voted, n_out: int) -> list[str]:
    """Notes: how many votes there are, ties, and what was left out."""
    totals = [sum(clip.votes.values()) for clip in clips]
    ties = sum(majority(clip.votes) is None for clip in clips)
    notes = [
        f"Votes of {voted.source}: {len(clips):,} clips with {min(totals)} to {max(totals)} votes "
        f"each ({sum(totals) / len(totals):.1f} on average). Ties: {ties:,}; they are learned from "
        "and count in the cross-entropy, and have no majority to be scored against."
    ]
    if n_out:
        notes.append(f"{n_out:,} clips were left out: too few votes, or none.")
    others: dict[str, int] = {}
    for clip in clips:
        for name, n in voted.votes[clip.id].items():
            if n and name not in clip.votes:
                others[name] = others.get(name, 0) + n
    if others:
        share = f"{sum(others.values()):,} of {sum(others.values()) + sum(totals):,} votes"
        names = ", ".join(f"{name} {others[name]:,}" for name in in_class_order(others))
        notes.append(
            f"{share} are for emotions that no clip of this run shows, and were left out: {names}."
        )
    return [*notes, *voted.notes]
