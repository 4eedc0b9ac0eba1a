"""The model card of the shipped bundle, from the figures that the trainings wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

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

## Fusion

A product of likelihoods: the face's probabilities divided by how often FER2013 has each
emotion, to the power of {weight_face:.2f}; the voice's to the power of {weight_voice:.2f}. The
exponents come from pairs made at random of held-out faces and voices of speakers that the
models had not heard. FER2013 knows no calm: a neutral face speaks for neutral and calm alike,
and alone for neutral.
"""


def shipped_card(
    face: Mapping[str, Any], voice: Mapping[str, Any], weights: tuple[float, float]
) -> str:
    """The card, in Markdown."""
    speakers = voice["speakers"]
    told = {
        **voice,
        **face,
        "speakers": f"{speakers[0]} to {speakers[-1]}",
        "first_epochs": face["training"]["epochs"] + face["training"]["calm_epochs"],
        "second_epochs": face["training"]["second_epochs"],
        "architecture": face["training"]["architecture"],
        "accuracies": " and ".join(f"{value:.1%}" for value in face["accuracies"]),
        "licence": LICENCE,
        "weight_face": weights[0],
        "weight_voice": weights[1],
        "confusion_speech": _table(voice["confusion_speech"], RAVDESS_EMOTIONS),
        "confusion_face": _table(face["confusion"], FER2013_EMOTIONS),
    }
    return _CARD.format(**told)


def _table(confusion: Sequence[Sequence[int]], classes: Sequence[str]) -> str:
    """Rows: what it is; columns: what was said."""
    lines = [f"| | {' | '.join(classes)} |", "|---" * (len(classes) + 1) + "|"]
    lines += [
        f"| **{name}** | {' | '.join(map(str, row))} |"
        for name, row in zip(classes, confusion, strict=True)
    ]
    return "\n".join(lines)
