"""Configuration -> people's votes on the chosen clips."""

from __future__ import annotations

from affuse.config import Config
from affuse.config.fields import VOTES_ON
from affuse.corpora.index import Index
from affuse.corpora.known import corpus_reader
from affuse.corpora.voted_clips import votes_from_file, votes_of_corpora, with_votes
from affuse.corpora.votes import Votes
from affuse.errors import ConfigError
from affuse.registries import RULES

SOFT = "votes"
"""Target of a run that learns shares of votes."""


def asks_for_votes(config: Config) -> bool:
    """Whether votes are to be learned, or scored against.

    Parameters
    ----------
    config : Config

    Returns
    -------
    bool
    """
    return config.target == SOFT or bool(config.data.votes)


def voted_clips(config: Config, chosen: Index, whole: Index) -> Index:
    """The chosen clips with their votes; those with too few are in its `skipped`.

    Parameters
    ----------
    config : Config
        Its ``data.votes`` says whose votes; empty: those on what the features are from.
    chosen, whole : Index
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
        voted = votes_from_file(asked, whole)
    else:
        modality = VOTES_ON.get(asked) or _modality(config, chosen)
        voted = votes_of_corpora(chosen, modality, _beside)
    # Emotions named in the configuration are the answers; else every emotion with votes is one.
    every = config.target == SOFT and not config.data.emotions
    found = with_votes(chosen, voted, config.data.least_votes, every=every)
    return found


def refuse_learning_rules(config: Config) -> None:
    """Refuse fusion rules that learn labels, where shares of votes are to be learned.

    Parameters
    ----------
    config : Config

    Raises
    ------
    ConfigError
        Names the rule and those that fit.
    """
    for name in (*config.fusion.decision, *config.fusion.hybrid):
        if config.target == SOFT and RULES.get(name).learn is not None:
            entries = RULES.load_all().entries
            fitting = ", ".join(n for n, rule in entries.items() if rule.learn is None)
            raise ConfigError(
                f"target = votes was given with the rule {name!r}, which learns one emotion of "
                f"each clip; expected one of {fitting}"
            )


def _modality(config: Config, index: Index) -> str:
    """Modality of the features: those with an extractor that some clip has."""
    asked = {"audio": config.features.audio, "video": config.features.video}
    has = {"audio": any(c.audio for c in index), "video": any(c.video for c in index)}
    return "+".join(name for name, source in asked.items() if source != "none" and has[name])


def _beside(own: Index, modality: str) -> Votes | None:
    """Votes that a corpus's reader finds beside its clips."""
    reader = corpus_reader(own[0])
    return None if reader is None or reader.votes is None else reader.votes(own, modality)
