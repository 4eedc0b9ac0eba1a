"""Configuration -> people's votes on the chosen clips."""

from __future__ import annotations

from affuse.config import Config
from affuse.config.records import VOTES_ON
from affuse.corpora.index import Index
from affuse.corpora.known import corpus_reader
from affuse.corpora.voted_clips import votes_from_file, votes_of_corpora, with_votes
from affuse.corpora.votes import Votes
from affuse.registries import RULES

SOFT = "votes"
"""Target of a run that learns shares of votes."""


def asks_for_votes(config: Config) -> bool:
    """Whether votes are learned, or scored against.

    Parameters
    ----------
    config : Config

    Returns
    -------
    bool
    """
    return config.target == SOFT or bool(config.data.votes)


def voted_clips(config: Config, chosen: Index, every: Index) -> Index:
    """The chosen clips with their votes; those with too few are in its `skipped`.

    Parameters
    ----------
    config : Config
        Its ``data.votes`` says whose votes; empty: those on what the features are from.
    chosen, every : Index
        Clips that take part; all that the data hold.

    Returns
    -------
    Index

    Raises
    ------
    DatasetError
        There are no votes, or none of these clips; a file of votes that cannot be read.
    """
    asked = config.data.votes
    if asked and asked not in VOTES_ON:
        voted = votes_from_file(asked, every)
    else:
        modality = VOTES_ON.get(asked) or _modality(config, chosen)
        voted = votes_of_corpora(chosen, modality, _beside)
    found = with_votes(chosen, voted, config.data.least_votes)
    return Index(
        found.clips, found.skipped, found.passed_over, (*found.notes, *_notes(config)),
        found.spellings,
    )  # fmt: skip


def _modality(config: Config, index: Index) -> str:
    """What the features are from: modalities with an extractor that some clip has."""
    asked = {"audio": config.features.audio, "video": config.features.video}
    has = {"audio": any(c.audio for c in index), "video": any(c.video for c in index)}
    return "+".join(name for name, source in asked.items() if source != "none" and has[name])


def _beside(own: Index, modality: str) -> Votes | None:
    """Votes that the reader of a corpus finds beside its clips."""
    reader = corpus_reader(own[0])
    return None if reader is None or reader.votes is None else reader.votes(own, modality)


def _notes(config: Config) -> tuple[str, ...]:
    """What does not learn from votes, where they are the target."""
    rules = {name for name in (*config.fusion.decision, *config.fusion.hybrid)}
    learning = sorted(name for name in rules if RULES.get(name).learn is not None)
    if config.target != SOFT or not learning:
        return ()
    return (
        f"Rules that learn ({', '.join(learning)}) learn from the clips' own emotions; the models "
        "below them learn from the votes.",
    )
