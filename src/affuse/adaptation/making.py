"""Fitted decisions and their figures -> the adapted bundle with its card."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata

from affuse.adaptation.figures import Change
from affuse.bundle.adapted_from import AdaptedFrom
from affuse.bundle.bundle import Bundle, manifest_fields, manifest_hash
from affuse.bundle.manifest import ADAPTED_FORMAT, Figures, Manifest
from affuse.bundle.provenance import training_clips
from affuse.bundle.writer import make_bundle
from affuse.records import Clip
from affuse.storage.plain_text import counted

TITLE = "## Adapted to "


def adapted_bundle(
    before: Bundle,
    fitted: Manifest,
    *,
    data: str,
    clips: Sequence[Clip],
    emotions: Mapping[str, int],
    changes: Sequence[Change],
    n_folds: int,
    leak: str,
    remarks: Sequence[str],
) -> Bundle:
    """The networks of a bundle with decisions fitted to labelled clips.

    Parameters
    ----------
    before : Bundle
    fitted : Manifest
        That of `before` with its members and its fusion fitted.
    data : str
        What the clips are called.
    clips : sequence of Clip
        That it was fitted to.
    emotions : mapping of str to int
        Clips of each emotion.
    changes : sequence of Change
        Figures before and after.
    n_folds : int
        That these come from.
    leak : str
        Why new speakers would give less; empty where they would not.
    remarks : sequence of str
        Sentences for the card.

    Returns
    -------
    Bundle
    """
    was = before.manifest
    n_speakers = len({clip.speaker for clip in clips})
    origin = AdaptedFrom(
        name=was.name,
        sha256=manifest_hash(manifest_fields(was)),
        data=data,
        emotions=dict(emotions),
        n_speakers=n_speakers,
    )
    measured = [_figures(changes[0], n_folds, n_speakers, leak, when) for when in ("", "before")]
    manifest = fitted.model_copy(
        update={
            "format": max(was.format, ADAPTED_FORMAT),
            "affuse": metadata.version("affuse"),
            "name": f"{was.name} adapted to {data}",
            "adapted_from": origin,
            "trained_on": (*was.trained_on, *training_clips(data, clips)),
            "figures": (*measured, *was.figures),
            "licence": f"{was.licence} Its decisions were fitted to clips of {data}: use them as "
            "far as the people in them allow.",
            "sets": None,
            "files": {},
        }
    )
    card = "\n\n".join(_card(before, manifest, changes, n_folds, remarks)) + "\n"
    return make_bundle(manifest, {**before.files, was.card: card.encode()})


def _figures(change: Change, n_folds: int, n_speakers: int, leak: str, when: str) -> Figures:
    after = not when
    low, high = change.after_interval if after else change.before_interval
    bounds = {} if n_speakers < 2 else {"uar_low": low, "uar_high": high}
    return Figures(
        system="the answer" if after else f"the answer {when} it was adapted",
        protocol="speakers kept apart" if n_speakers > 1 else "clips of one speaker kept apart",
        uar=change.after if after else change.before,
        accuracy=change.accuracy_after if after else change.accuracy_before,
        chance=change.chance,
        n_clips=change.n_clips,
        n_speakers=n_speakers,
        n_folds=n_folds,
        leak=leak,
        **bounds,
    )


def _card(
    before: Bundle,
    manifest: Manifest,
    changes: Sequence[Change],
    n_folds: int,
    remarks: Sequence[str],
) -> Iterator[str]:
    origin = manifest.adapted_from
    assert origin is not None
    clips = ", ".join(f"{name} {n}" for name, n in origin.emotions.items())
    yield f"# {manifest.name}"
    yield (
        f"The networks are those of {before.title}. How they decide was fitted to "
        f"{counted(sum(origin.emotions.values()), 'clip')} of {origin.data} ({clips}; "
        f"{counted(origin.n_speakers, 'speaker')}) by `affuse adapt` (affuse "
        f"{manifest.affuse}). It is meant for the people, the language and the microphones of "
        "these clips: for others the bundle that it was made of is likely to be better."
    )
    yield f"{TITLE}{origin.data}"
    yield (
        f"Before and after, by {n_folds} folds: each clip was answered by decisions that were "
        "fitted to other people's clips alone, how much they were held back included."
        if origin.n_speakers > 1
        else f"Before and after, by {n_folds} folds of clips of one person: on other people it "
        "may do worse, and nothing here says by how much."
    )
    yield _table(changes)
    yield from remarks
    yield f"What follows is the card of {before.manifest.name}, from which this was made."
    yield re.sub(r"(?m)^#", "##", before.card).rstrip()


def _table(changes: Sequence[Change]) -> str:
    columns = ("", "clips", "UAR before", "UAR after", "points", "log loss", "calibration error")
    head = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    return "\n".join([*head, *(_row(change) for change in changes)])


def _row(change: Change) -> str:
    cells = (
        change.part,
        str(change.n_clips),
        _percent(change.before),
        _percent(change.after),
        points_text(change),
        f"{change.loss_before:.2f} to {change.loss_after:.2f}, {loss_text(change)}",
        f"{change.ece_before:.3f} to {change.ece_after:.3f}",
    )
    return f"| {' | '.join(cells)} |"


def points_text(change: Change) -> str:
    """Difference of the UARs in points with its interval, such as ``+3.1 [0.2, 6.0]``.

    Parameters
    ----------
    change : Change

    Returns
    -------
    str
        Without an interval where there is none.
    """
    low, high = 100 * change.low, 100 * change.high
    bounds = "" if math.isnan(low) else f" [{low:.1f}, {high:.1f}]"
    return f"{100 * change.difference:+.1f}{bounds}"


def loss_text(change: Change) -> str:
    """Difference of the log losses with its interval, such as ``-0.12 [-0.20, -0.04]``.

    Parameters
    ----------
    change : Change

    Returns
    -------
    str
    """
    low, high = change.loss_low, change.loss_high
    bounds = "" if math.isnan(low) else f" [{low:.2f}, {high:.2f}]"
    return f"{change.loss_after - change.loss_before:+.2f}{bounds}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
