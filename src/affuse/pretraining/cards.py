"""The model card of the shipped bundle, from the figures that the trainings wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

from affuse.bundle.manifest import Manifest
from affuse.records import FER2013_EMOTIONS, RAVDESS_EMOTIONS

LICENCE = (
    "Non-commercial, as the data: voice.onnx was trained on RAVDESS (CC BY-NC-SA 4.0), face.onnx "
    "on FER2013 (for research)."
)

_CARD = """\
# affuse face and voice

What `affuse predict` goes by: a network for faces and one for voices, fused where both have
something to say.

## What it may be used for

To try affuse, to teach, for research, and as a starting point for your own recordings, on which
it must be tested first. Not to judge people: not in hiring, schooling, health, policing or law.
It tells which of eight *acted* expressions a face and a voice resemble, not what anybody feels.
Whom it has met: 18 North American actors, who speak two English sentences and sing them, and
faces from the web of 2013. Other languages, ages, cultures, cameras and rooms are likely to
score lower, and who is not like these people is failed more often; nobody has measured by how
much.

## Licence

{licence}

## The voice network (`voice.onnx`)

{n_folds} pairs of a convolutional network with attentive pooling over a log-mel spectrogram,
and a logistic regression over 519 statistics of the utterance; all pairs' log probabilities are
averaged, then both kinds joined. Trained on RAVDESS speech and song (CC BY-NC-SA 4.0),
{n_clips:,} clips of speakers {speakers}; each pair has not heard three of them. Level and
silence around the utterance are taken out; speed, rooms, noise and microphones were varied in
training.

Figures are those of single pairs on the speakers they had not heard, 95 % bootstrap over
speakers:

| speech, eight emotions | UAR | accuracy |
|---|---|---|
| joined | {uar_speech:.1%} [{uar_speech_low:.1%}, {uar_speech_high:.1%}] | {accuracy_speech:.1%} |
| network alone | {uar_network:.1%} | |
| statistics alone | {uar_linear:.1%} | |

Song, six emotions: UAR {uar_song:.1%}. Calibration error on speech: {ece_speech:.3f}. Chance is
12.5 %; people who listened to these recordings were right in about 62 %. All {n_speakers}
speakers have been heard by most of the shipped graph: evaluating it on them is a leak, and
affuse marks it as one.

{confusion_speech}

## The face network (`face.onnx`)

The mean of {n_networks} networks that differ in their seed, each a VGG of 3x3 convolutions on grey
faces of 48 x 48 pixels, trained on FER2013 (Goodfellow et al. 2013, for research): {n_trained:,}
faces of its training part; {n_copies:,} that are also test faces, or their mirror images, were
left out, and {n_held_out:,} held out for the temperature. {first_epochs} rounds each on two
processor cores ({architecture} architecture), then {second_epochs} with less dropout and weight
decay. The graph computes with 8-bit integers.

On the {n_tested:,} faces of the public test part, which chose nothing: accuracy {accuracy:.1%}
(without averaging over the mirror image {accuracy_unmirrored:.1%}; the networks alone
{accuracies}), UAR {uar:.1%}, calibration
error {ece:.3f}. People reach about 65 % on these faces, the best single network that was
published 73.3 % (on the private test part).

{confusion_face}

Copies matter here: figures of networks that were trained on all of FER2013's training part rest
on test faces that they knew by heart. Its labels come from web searches and are often wrong;
fear and disgust are told worst.

"""

FUSION_TITLE = "## Fusion"

_FUSION = """{title}

A product of likelihoods: the face's probabilities to the power of {face:.2f}, divided by how often
FER2013 has each emotion to the power of {face_prior:.2f}; the voice's to the power of {voice:.2f},
divided by how often it says each emotion of people whom it has not met (neutral or calm
{habit_neutral:.0%}, were all equally frequent) to the power of {voice_prior:.2f}. Fitted on
{fitted_on}. FER2013 knows no calm: neutral and calm compete with the other emotions as one, and the
voice divides them; a face alone says neutral.

Where both speak, an emotion is named only if it is among the first {n_first} of voice or face
and has {least:.0%} or more in either. Where they contradict each other that is said, and one of the
two emotions is named, or none.
"""


def shipped_card(face: Mapping[str, Any], voice: Mapping[str, Any]) -> str:
    """The card, in Markdown, without its last section, which is that of the fusion.

    Parameters
    ----------
    face, voice : mapping
        As ``face.json`` and ``voice.json`` hold them.

    Returns
    -------
    str
    """
    speakers = voice["speakers"]
    fields = {
        **voice,
        **face,
        "speakers": f"{speakers[0]} to {speakers[-1]}",
        "first_epochs": face["training"]["epochs"] + face["training"]["calm_epochs"],
        "second_epochs": face["training"]["second_epochs"],
        "architecture": face["training"]["architecture"],
        "accuracies": " and ".join(f"{value:.1%}" for value in face["accuracies"]),
        "licence": LICENCE,
        "confusion_speech": _table(voice["confusion_speech"], RAVDESS_EMOTIONS),
        "confusion_face": _table(face["confusion"], FER2013_EMOTIONS),
    }
    return _CARD.format(**fields)


def fusion_section(manifest: Manifest) -> str:
    """What the card says of the fusion of a face and a voice, in Markdown.

    Parameters
    ----------
    manifest : Manifest
        With the members ``face`` and ``voice``, and rules of agreement.

    Returns
    -------
    str
    """
    face, voice, fusion = manifest.member("face"), manifest.member("voice"), manifest.fusion
    rules = fusion.agreement
    assert rules is not None
    return _wrapped(
        _FUSION.format(
            title=FUSION_TITLE,
            face=face.weight,
            face_prior=face.prior_power * face.weight,
            voice=voice.weight,
            voice_prior=voice.prior_power * voice.weight,
            habit_neutral=voice.prior["neutral"],
            fitted_on=fusion.fitted_on,
            n_first=rules.n_first,
            least=rules.least,
        )
    )


def _wrapped(text: str) -> str:
    """Paragraphs in lines of at most 96 signs."""
    return "\n\n".join(fill(part, 96) for part in text.split("\n\n")) + "\n"


def _table(confusion: Sequence[Sequence[int]], classes: Sequence[str]) -> str:
    """Rows: labels; columns: predictions."""
    lines = [f"| | {' | '.join(classes)} |", "|---" * (len(classes) + 1) + "|"]
    lines += [
        f"| **{name}** | {' | '.join(map(str, row))} |"
        for name, row in zip(classes, confusion, strict=True)
    ]
    return "\n".join(lines)
