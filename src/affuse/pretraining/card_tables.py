"""Tables of the model card of the shipped networks, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any


def confusion_table(confusion: Sequence[Sequence[int]], classes: Sequence[str]) -> str:
    """A confusion matrix: rows are labels, columns predictions.

    Parameters
    ----------
    confusion : (n_classes, n_classes) sequence of int
    classes : sequence of str

    Returns
    -------
    str
    """
    lines = [f"| | {' | '.join(classes)} |", "|---" * (len(classes) + 1) + "|"]
    lines += [
        f"| **{name}** | {' | '.join(map(str, row))} |"
        for name, row in zip(classes, confusion, strict=True)
    ]
    return "\n".join(lines)


def groups_table(title: str, groups: Sequence[Mapping[str, Any]]) -> str:
    """Figures of each group.

    Parameters
    ----------
    title : str
        What the groups are.
    groups : sequence of mapping
        As ``voice.json`` holds them.

    Returns
    -------
    str
    """
    lines = [f"| {title} | emotions | clips | speakers | UAR |", "|---|---|---|---|---|"]
    lines += [
        f"| {group['name']} | {group['n_classes']} | {group['n_clips']:,} | {group['n_speakers']} "
        f"| {_bounded(group)} |"
        for group in groups
    ]
    return "\n".join(lines)


def left_out_table(groups: Sequence[Mapping[str, Any]], alone: Sequence[Mapping[str, Any]]) -> str:
    """Figures of each corpus that was left out, beside those of a network of RAVDESS alone.

    Parameters
    ----------
    groups, alone : sequence of mapping
        As ``voice.json`` holds them.

    Returns
    -------
    str
    """
    lines = [
        "| corpus | emotions | clips | speakers | UAR | UAR, from RAVDESS alone |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {group['name']} | {group['n_classes']} | {group['n_clips']:,} | {group['n_speakers']} "
        f"| {_bounded(group)} | {_bounded(other)} |"
        for group, other in zip(groups, alone, strict=True)
    ]
    return "\n".join(lines)


def sex_and_language_tables(voice: Mapping[str, Any]) -> str:
    """The tables by sex and by language, each of figures that can be compared.

    Parameters
    ----------
    voice : mapping
        As ``voice.json`` holds it.

    Returns
    -------
    str
    """
    if not all("emotions" in group for group in voice["by_language"]):
        title = "Speakers not heard, by sex and by language, which have other emotions:"
        return f"{title}\n\n{groups_table('group', [*voice['by_sex'], *voice['by_language']])}"
    shared = voice["by_language"][0]["emotions"] if voice["by_language"] else []
    sex = (
        "Speakers not heard, by sex, over the emotions that women and men of a corpus both show; "
        "to be compared within a corpus alone, since another has other emotions."
    )
    several = voice["of_two_sexes"]
    if several:
        sex += (
            f" {', '.join(several)}: called female in some clips and male in others, counted as "
            "what most of them say."
        )
    language = (
        f"By language, over the emotions that all of them have ({', '.join(shared)}), of which one "
        "was chosen for each clip; a language is as good as the corpora that it rests on:"
    )
    return "\n\n".join(
        [
            fill(sex, 96), _resting_on("corpus, sex", voice["by_sex"], "emotions"),
            fill(language, 96), _resting_on("language", voice["by_language"], "corpora"),
        ]
    )  # fmt: skip


def _resting_on(title: str, groups: Sequence[Mapping[str, Any]], what: str) -> str:
    """Figures with what each rests on."""
    lines = [f"| {title} | {what} | clips | speakers | UAR |", "|---|---|---|---|---|"]
    lines += [
        f"| {group['name']} | {', '.join(group[what])} | {group['n_clips']:,} "
        f"| {group['n_speakers']} | {_bounded(group)} |"
        for group in groups
    ]
    return "\n".join(lines)


def _bounded(group: Mapping[str, Any]) -> str:
    if group["low"] is None:
        return f"{group['uar']:.1%}, one speaker"
    return f"{group['uar']:.1%} [{group['low']:.1%}, {group['high']:.1%}]"
