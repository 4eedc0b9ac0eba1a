"""Speaker-independent folds, which also keep identical clips together.

Folds depend on the set of speakers (or of clip ids) alone, never on the order of the rows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from affuse.corpora.speakers import speaker_key, speaker_order, spellings
from affuse.errors import FoldError
from affuse.splits.fold import Fold, check_folds, check_lengths, divided
from affuse.splits.published import PUBLISHED_FOLDS, published_folds
from affuse.splits.random_folds import random_folds, random_split

__all__ = [
    "PUBLISHED_FOLDS",
    "Fold",
    "check_folds",
    "duplicate_groups",
    "folds_from_speakers",
    "leave_one_speaker_out",
    "published_folds",
    "random_folds",
    "random_split",
    "speaker_folds",
]

DEFAULT_N_FOLDS = 5


def speaker_folds(
    speakers: Sequence[str],
    n_folds: int | None = None,
    *,
    groups: Sequence[str] | None = None,
) -> tuple[Fold, ...]:
    """Folds with no speaker on both sides, about equal in clips.

    The speaker with the most clips comes first, each into the fold that has the fewest.

    Parameters
    ----------
    speakers : (n_clips,) sequence of str
        Who is heard in each clip.
    n_folds : int, optional
        5, or as many as there are speakers if fewer.
    groups : (n_clips,) sequence of str, optional
        Clips of one group (identical recordings) stay on one side; speakers who share a
        group stay together.

    Returns
    -------
    tuple of Fold

    Raises
    ------
    FoldError
        One speaker only, or fewer speakers than folds.

    Examples
    --------
    >>> [fold.test for fold in speaker_folds(["1", "1", "2", "3"], 2)]
    [(0, 1), (2, 3)]
    """
    n_speakers = len(set(speakers))
    parties = _parties(speakers, groups)
    n_wanted = min(DEFAULT_N_FOLDS, len(parties)) if n_folds is None else n_folds
    if len(parties) < 2:
        raise FoldError(_one_party(speakers))
    if not 2 <= n_wanted <= len(parties):
        together = "" if len(parties) == n_speakers else " once those who share clips are together"
        raise FoldError(
            f"{n_wanted} folds were asked for, but there are {len(parties)} speakers{together}; "
            f"expected 2 to {len(parties)} folds: pass --set folds.n_folds={len(parties)}"
        )
    sizes = Counter(speakers)
    weights = [sum(sizes[speaker] for speaker in party) for party in parties]
    fold_of = {
        speaker: number
        for party, number in zip(parties, _balanced(weights, n_wanted), strict=True)
        for speaker in party
    }
    return divided([fold_of[speaker] for speaker in speakers], n_wanted)


def leave_one_speaker_out(
    speakers: Sequence[str], *, groups: Sequence[str] | None = None
) -> tuple[Fold, ...]:
    """One fold per speaker (speakers who share identical clips are left out together).

    Parameters
    ----------
    speakers : (n_clips,) sequence of str
    groups : (n_clips,) sequence of str, optional
        As `speaker_folds` takes them.

    Returns
    -------
    tuple of Fold

    Raises
    ------
    FoldError
        One speaker only.

    Examples
    --------
    >>> [fold.test for fold in leave_one_speaker_out(["10", "2", "10"])]
    [(1,), (0, 2)]
    """
    parties = _parties(speakers, groups)
    if len(parties) < 2:
        raise FoldError(_one_party(speakers))
    fold_of = {speaker: number for number, party in enumerate(parties) for speaker in party}
    return divided([fold_of[speaker] for speaker in speakers], len(parties))


def folds_from_speakers(
    speakers: Sequence[str],
    lists: Iterable[Iterable[str | int]],
    *,
    groups: Sequence[str] | None = None,
) -> tuple[Fold, ...]:
    """Folds with given test speakers for each.

    Parameters
    ----------
    speakers : (n_clips,) sequence of str
        Who is heard in each clip.
    lists : iterable of iterable of (str or int)
        Test speakers of each fold; each speaker of the clips exactly once.
    groups : (n_clips,) sequence of str, optional
        Clips that must stay on one side.

    Returns
    -------
    tuple of Fold

    Raises
    ------
    FoldError
        Fewer than two folds, an empty one, a speaker in two, a speaker without clips or in
        no fold, or a group in two folds.

    Examples
    --------
    >>> [fold.test for fold in folds_from_speakers(["1", "2", "3"], [[1, 3], [2]])]
    [(0, 2), (1,)]
    """
    shown = {speaker_key(speaker): speaker for speaker in speakers}
    wanted = [
        tuple(shown.get(speaker_key(str(speaker)), str(speaker)) for speaker in members)
        for members in lists
    ]
    _refuse_bad_lists(wanted, sorted(set(shown.values()), key=speaker_order))
    fold_of = {speaker: number for number, members in enumerate(wanted) for speaker in members}
    folds = divided([fold_of[shown[speaker_key(who)]] for who in speakers], len(wanted))
    check_folds(folds, speakers, groups=groups)
    return folds


def duplicate_groups(clips: Sequence[str], duplicates: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Group of each clip, for the argument `groups` of the functions that make folds.

    Parameters
    ----------
    clips : (n_clips,) sequence of str
        Clip ids in the order of the rows.
    duplicates : iterable of sequence of str
        Ids of identical clips, as `Index.duplicates` gives them.

    Returns
    -------
    (n_clips,) tuple of str
        First id of the clip's group; its own where it has no duplicate.

    Examples
    --------
    >>> duplicate_groups(["a", "b", "c"], [("a", "c")])
    ('a', 'b', 'a')
    """
    group_of = {clip: group[0] for group in duplicates for clip in group}
    return tuple(group_of.get(clip, clip) for clip in clips)


def _parties(speakers: Sequence[str], groups: Sequence[str] | None) -> list[tuple[str, ...]]:
    """Sets of speakers who must stay on one side, in the order of their first names."""
    check_lengths(len(speakers), groups)
    party_of = {speaker: {speaker} for speaker in speakers}
    members = defaultdict(set)
    for speaker, group in zip(speakers, groups or speakers, strict=True):
        members[group].add(speaker)
    for sharing in (*members.values(), *spellings(speakers)):
        merged = set().union(*(party_of[speaker] for speaker in sharing))
        party_of.update(dict.fromkeys(merged, merged))
    parties = {tuple(sorted(party, key=speaker_order)) for party in party_of.values()}
    return sorted(parties, key=lambda party: speaker_order(party[0]))


def _balanced(weights: Sequence[int], n_folds: int) -> list[int]:
    """Fold of each party: largest first, each into the smallest fold.

    Among equally light folds the one filled last comes first: so equal speakers go back and forth,
    and folds mix what alternates among them, as the sex of RAVDESS's speakers does.
    """
    loads, filled_at = [0] * n_folds, [-fold for fold in range(n_folds)]
    fold_of = [0] * len(weights)
    heaviest_first = sorted(range(len(weights)), key=lambda party: -weights[party])
    for turn, party in enumerate(heaviest_first, start=1):
        fold = min(range(n_folds), key=lambda fold: (loads[fold], -filled_at[fold]))
        loads[fold] += weights[party]
        filled_at[fold] = turn
        fold_of[party] = fold
    return fold_of


def _refuse_bad_lists(wanted: Sequence[Sequence[str]], present: Sequence[str]) -> None:
    counts = Counter(speaker for members in wanted for speaker in members)
    twice = [speaker for speaker, count in counts.items() if count > 1]
    unknown = sorted(counts.keys() - set(present), key=speaker_order)
    untested = [speaker for speaker in present if speaker not in counts]
    if len(wanted) < 2 or not all(wanted):
        problem = f"{len(wanted)} folds with {[len(members) for members in wanted]} test speakers"
        raise FoldError(f"{problem} were given; expected two or more folds, none of them empty")
    if twice:
        raise FoldError(
            f"speakers {', '.join(twice)} stand in several folds; expected each in one: "
            "take them out of all but one"
        )
    if unknown:
        raise FoldError(
            f"the folds name speakers {', '.join(unknown)}, who have no clip here (there are "
            f"{', '.join(present)}); expected the same speakers: add their clips, list "
            "folds.speakers without them, or let folds be made (--set folds.published= or "
            "--set folds.speakers=[], whichever is set)"
        )
    if untested:
        raise FoldError(
            f"speakers {', '.join(untested)} are in no fold and would never be tested; expected "
            "each in one: add them to folds.speakers, or leave them out with data.speakers"
        )


def _one_party(speakers: Sequence[str]) -> str:
    names = sorted(set(speakers), key=speaker_order)
    if len(names) == 1:
        who = f"all {len(speakers)} clips are by speaker {names[0]}"
    elif names:
        who = f"speakers {', '.join(names)} share identical clips and count as one"
    else:
        who = "there are no clips"
    return (
        f"{who}; expected two speakers or more to keep them apart: with one speaker only the "
        "leaky protocols are possible (--set 'evaluation.protocols=[\"lecture\"]')"
    )
