"""The model card: what a bundle can and cannot do, in plain words, from its own manifest."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from affuse.bundle.manifest import Figures, Manifest
from affuse.bundle.permitted_use import permitted_use
from affuse.bundle.tables import tables_of
from affuse.corpora.known import languages_of
from affuse.storage.plain_text import counted, first_few


@dataclass(frozen=True, slots=True)
class EmotionRecall:
    """How often an emotion was recognised, as a fraction, and what it was confused with most."""

    emotion: str
    recall: float
    n_clips: int
    taken_for: str


@dataclass(frozen=True, slots=True)
class SpeakerSpread:
    """UAR of the best and the worst recognised speaker."""

    best: str
    best_uar: float
    worst: str
    worst_uar: float


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """UAR on the clips of one group, such as those of women, with its 95 % interval."""

    by: str
    group: str
    uar: float
    low: float
    high: float
    n_clips: int
    n_speakers: int


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What the card says beyond the manifest.

    Attributes
    ----------
    recalls : tuple of EmotionRecall
    speakers : SpeakerSpread or None
    folds : tuple of float
        UAR of each fold.
    groups : tuple of GroupFigures
        Those that the run was asked for.
    recipe : str
        By whose name the run was configured.
    n_systems : int
        Systems among which this one was picked.
    holds_clips : bool
        Whether graphs hold features of single training clips, as support vectors are.
    soft_labels : bool
        Whether it learned shares of people's votes.
    """

    recalls: tuple[EmotionRecall, ...] = ()
    speakers: SpeakerSpread | None = None
    folds: tuple[float, ...] = ()
    groups: tuple[GroupFigures, ...] = ()
    recipe: str = ""
    n_systems: int = 1
    holds_clips: bool = False
    soft_labels: bool = False


def model_card(manifest: Manifest, facts: CardFacts | None = None) -> str:
    """Content of ``MODEL_CARD.md``.

    Parameters
    ----------
    manifest : Manifest
    facts : CardFacts, optional
        What the card says beyond the manifest; nothing by default.

    Returns
    -------
    str
        Markdown.
    """
    facts = facts or CardFacts()
    sections = [
        f"# {manifest.name}\n\n{_purpose(manifest)}",
        "## What it may be used for\n\n" + permitted_use(manifest.trained_on, manifest.licence),
        "\n\n".join(["## How good it is", *_quality(manifest, facts)]),
        "\n\n".join(["## What it was trained on", *_training(manifest, facts)]),
        "\n\n".join(["## What it predicts from", _sources(manifest)]),
        "\n\n".join(["## What it cannot do", *_limits(manifest, facts)]),
        f"## Licence\n\n{manifest.licence}",
    ]
    return "\n\n".join(sections) + "\n"


def _purpose(manifest: Manifest) -> str:
    if manifest.targets:
        return (
            f"Gives numbers of a clip, in the unit of its training clips: "
            f"{', '.join(manifest.targets)}. Written by `affuse run` (affuse {manifest.affuse}); "
            "`affuse predict FILE --bundle FOLDER` uses it."
        )
    emotions = f"{', '.join(manifest.classes[:-1])} or {manifest.classes[-1]}"
    return (
        f"Tells which of {len(manifest.classes)} emotions a clip shows: {emotions}. Written by "
        f"`affuse run` (affuse {manifest.affuse}); `affuse predict FILE --bundle FOLDER` uses it."
    )


def _quality(manifest: Manifest, facts: CardFacts) -> Iterator[str]:
    if not manifest.figures:
        yield "Not measured."
        return
    figures = manifest.figures[0]
    yield _measured(figures)
    if facts.n_systems > 1:
        yield (
            f"It was picked as the best of {facts.n_systems} systems after all were measured, "
            "which flatters the figure a little."
        )
    others = [f"{each.system}: {_headline(each)}" for each in manifest.figures[1:]]
    if others:
        yield f"Beside it, by {figures.headline}: {'; '.join(others)}."
    if facts.recalls:
        yield _recall_lines(facts.recalls)
    if facts.speakers is not None:
        spread = facts.speakers
        yield (
            f"Speaker by speaker the UAR goes from {_percent(spread.worst_uar)} (speaker "
            f"{spread.worst}) to {_percent(spread.best_uar)} (speaker {spread.best})."
        )
    if facts.folds:
        yield f"Fold by fold the UAR is {', '.join(_percent(uar) for uar in facts.folds)}."
    if facts.groups:
        yield _group_lines(facts.groups)
    if manifest.sets is not None:
        sets = manifest.sets
        yield (
            f"Beside an emotion it tells a set, which is to hold the true one in "
            f"{_percent(sets.coverage)} of the clips of new speakers who are like these "
            f"(calibrated on {counted(sets.n_clips, 'clip')} of "
            f"{counted(sets.n_speakers, 'speaker')}), and in fewer of others."
        )


def _measured(figures: Figures) -> str:
    shown = _percent if figures.uar is not None else _number
    bounds = [shown(bound) for bound in figures.interval if bound is not None]
    interval = f" (95 % over speakers: {' to '.join(bounds)})" if bounds else ""
    if figures.rmse is not None:
        interval += f", RMSE {figures.rmse:.3g}"
    folds = f", {figures.n_folds} folds" if figures.n_folds else ""
    leak = f" **This figure leaks: {figures.leak}.**" if figures.leak else ""
    return (
        f"{figures.system}: {figures.headline} {_headline(figures)}{interval}, chance "
        f"{shown(figures.chance)}; protocol {figures.protocol}, {counted(figures.n_clips, 'clip')} "
        f"of {counted(figures.n_speakers, 'speaker')}{folds}.{leak} Every clip was predicted by a "
        "model that was trained neither on it nor, where speakers were kept apart, on its speaker. "
        "The graphs in this folder were then trained on all of these clips: what they score on "
        "them says nothing."
    )


def _recall_lines(recalls: Sequence[EmotionRecall]) -> str:
    rows = [
        f"| {each.emotion} | {_percent(each.recall) if each.n_clips else 'not measured'} | "
        f"{each.n_clips} | {each.taken_for} |"
        for each in recalls
    ]
    head = ["| emotion | found | clips | otherwise mostly taken for |", "|---|---|---|---|"]
    return "\n".join([*head, *rows])


def _group_lines(groups: Sequence[GroupFigures]) -> str:
    rows = [
        f"| {each.by} | {each.group} | {_percent(each.uar)} | {_interval(each)} | "
        f"{each.n_clips:,} | {each.n_speakers} |"
        for each in groups
    ]
    head = [
        "| by | group | UAR | 95 % over speakers | clips | speakers |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *rows])


def _interval(group: GroupFigures) -> str:
    """Text of an interval; empty where there is none, as with a single speaker."""
    if math.isnan(group.low):
        return ""
    return f"{_percent(group.low)} to {_percent(group.high)}"


def _training(manifest: Manifest, facts: CardFacts) -> Iterator[str]:
    for part in manifest.trained_on:
        speakers = f": {', '.join(part.speakers)}" if part.speakers else ""
        who = f" of {counted(len(part.speakers), 'speaker')}" if part.speakers else ""
        what = counted(part.n_clips, "clip") if part.n_clips else "through its extractor's network"
        spoken = " and ".join(languages_of(part.corpus))
        language = f" (language: {spoken})" if spoken else ""
        yield f"{part.corpus}{language}, {what}{who}{speakers}."
    if facts.soft_labels:
        yield (
            "It learned which share of several people chose each emotion for a clip, not one "
            "emotion each: its probabilities are meant to be such shares. The recalls above are "
            "against the clips' own emotions."
        )
    if facts.recipe:
        yield f"Trained by the recipe `{facts.recipe}` with affuse {manifest.affuse}."
    yield "affuse marks figures on these speakers as leaky whenever this bundle has a part in them."


def _sources(manifest: Manifest) -> str:
    tables = tables_of(manifest)
    rows = {
        (modality, source.label or source.name, f"{source.name} version {source.version}")
        for member in manifest.members
        for modality, source in member.features.items()
        if modality not in tables
    }
    lines = [f"- {m}: {label} (`{extractor}`)" for m, label, extractor in sorted(rows)]
    lines += [
        f"- {modality}: a table with a row for each recording and the columns "
        f"{first_few(columns, 50)}. affuse does not make them of recordings: `affuse predict "
        f"--features {modality}=FILE.csv` reads them, from the program that made those of training."
        for modality, columns in sorted(tables.items())
    ]
    return "\n".join(lines)


def _limits(manifest: Manifest, facts: CardFacts) -> Iterator[str]:
    yield (
        "It tells what a clip shows in the words of the people who labelled its training clips, "
        "not what anyone feels. Whoever speaks or looks unlike those people (another language, "
        "age, culture, camera or room) may be recognised worse, and nothing here says by how much. "
        "Do not decide about people with it."
    )
    alone = {modality for member in manifest.members for modality in member.modalities}
    if len(alone) == 1:
        part, other = ("voice", "face") if "audio" in alone else ("face", "voice")
        yield f"It goes by the {part} alone: the {other} changes nothing."
    if manifest.classes:
        if len(manifest.classes) == 2:
            known = " and ".join(manifest.classes)
            yield (
                f"It knows two emotions, {known}: whatever is neither comes out as one of them all "
                "the same."
            )
        yield (
            "Where the probability of the first emotion is under "
            f"{_percent(manifest.abstain_below)}, prediction names none."
        )
    if facts.holds_clips:
        yield (
            "Its graphs hold features of single training clips (support vectors): who gives the "
            "bundle away gives those away."
        )


def _headline(figures: Figures) -> str:
    return _number(figures.ccc or 0.0) if figures.uar is None else _percent(figures.uar)


def _number(value: float) -> str:
    return f"{value:.3f}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
