"""The model card of the network that tells voices apart."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill
from typing import Any

from affuse.pretraining.speaker_figures import SPLIT_SHARE

_CARD = """\
# affuse speaker network

Tells which stretches of one recording are of one voice, for `affuse predict --people`.

## What it may be used for

Not commercially: the data do not allow it. To try affuse, to teach, for research.

To tell the voices of one recording apart; not to recognise persons: it knows no names, keeps
nothing from one recording to the next, and is far too poor to say who somebody is. A voice is
biometric data where it identifies somebody; see "Consent and law" (docs/consent-and-law.md).

## Licence

Non-commercial, as the data: RAVDESS and nEMO are CC BY-NC-SA 4.0, CREMA-D Open Database Licence,
the other corpora may be used for research.

## How it was made

A time-delay network with attentive pooling of mean and deviation over a log-mel spectrogram,
trained by an additive-margin softmax over the speakers of a corpus ({epochs} epochs, seed {seed})
on stretches of 1.5 to 2.5 s. At three speeds a speaker counted as three, so that pitch alone is not
learned; noise, other voices, rooms and lines were varied, and what the speakers of a corpus have in
common was taken off, so that language and channel are not.
Weights are stored in half precision. `affuse train speaker` with the same corpora makes it again.

Trained on:

{trained_on}

Kept apart, to be measured on:

{kept_apart}

## Figures

Equal error rates on speakers kept apart, pairs within a corpus, whatever the emotions of both:
stretches of two seconds {stretches:.1%}, groups of four of them {groups:.1%}. From a mean cosine of
{threshold:.2f} affuse takes two groups for one voice: of pairs of groups of one voice {below} % lie
below, of those of two voices {above:.0%} lie above.

| corpus | speakers | stretches | 2 s | 2 s, one sex | groups |
|---|---|---|---|---|---|
{rows}

Acted emotions in few sentences, studio microphones but for URDU's talk shows. Other languages,
children, distant microphones and voices that speak at once have not been measured. What it does to
a dialogue stands in docs/voices.md.
"""

_NUMBERS = ("epochs", "seed", "stretches", "groups", "threshold", "above")


def speaker_card(facts: Mapping[str, Any]) -> str:
    """The card, from the figures that the training wrote.

    Parameters
    ----------
    facts : mapping
        Fields of `SpeakerFigures`.

    Returns
    -------
    str
        Markdown.
    """
    learned = [
        f"{corpus}: {facts['n_trained_on'][corpus]:,} clips of {len(names)} speakers "
        f"({', '.join(names)})"
        for corpus, names in facts["trained_on"].items()
    ]
    apart = [f"{corpus}: {', '.join(names)}" for corpus, names in facts["kept_apart"].items()]
    return _CARD.format(
        **{key: facts[key] for key in _NUMBERS},
        below=f"{100 * SPLIT_SHARE:.0f}",
        trained_on=_listed(learned),
        kept_apart=_listed(apart),
        rows="\n".join(_row(each) for each in facts["corpora"]),
    )


def _listed(lines: list[str]) -> str:
    filled = (fill(line, 100, initial_indent="- ", subsequent_indent="  ") for line in lines)
    return "\n".join(filled)


def _row(each: Mapping[str, Any]) -> str:
    same_sex = "" if each["same_sex"] is None else f"{each['same_sex']:.1%}"
    cells = (
        each["corpus"],
        each["n_speakers"],
        each["n_stretches"],
        f"{each['stretches']:.1%}",
        same_sex,
        f"{each['groups']:.1%}",
    )
    return f"| {' | '.join(map(str, cells))} |"
