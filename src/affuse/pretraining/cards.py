"""The model card of the shipped bundle, from the figures that the trainings wrote."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill
from typing import Any

from affuse.bundle.manifest import Manifest
from affuse.bundle.member import Member
from affuse.bundle.permitted_use import LAW
from affuse.pretraining.calibration import CrossFitted
from affuse.pretraining.card_tables import (
    confusion_table,
    groups_table,
    left_out_table,
    sex_and_language_tables,
)
from affuse.records import FER2013_EMOTIONS, RAVDESS_EMOTIONS

LICENCE = (
    "Non-commercial, as the data: voice.onnx was trained on RAVDESS and nEMO (CC BY-NC-SA 4.0), "
    "CREMA-D (Open Database Licence) and corpora that may be used for research, face.onnx on "
    "FER2013 (for research)."
)

_HEAD = """\
# affuse face and voice

What `affuse predict` goes by: a network for faces and one for voices, fused where both have
something to say.

## What it may be used for

{use}

Not to judge people: not in hiring, schooling, health, policing or law.
{law}
It tells which of eight *acted* expressions a face and a voice resemble, not what anybody feels.
Whom it has met: {n_speakers} speakers of {n_corpora} corpora, nearly all of them actors, and faces
from the web of 2013. Other languages, ages, cultures, cameras and rooms are likely to score lower,
and who is not like these people is failed more often; the tables below say how much lower a corpus
scores that it has never heard.

## Licence

{licence}

"""

USE = (
    "Not commercially: the data do not allow it. To try affuse, to teach, for research, and as a "
    "starting point for your own recordings, on which it must be tested first. A bundle that may "
    "be used commercially comes with affuse too: `affuse card open`."
)

VOICE_TITLE = "## The voice network"

_VOICE = """\
{title} (`voice.onnx`)

A network of convolutions, a recurrent layer in both directions and attentive pooling over a log-mel
spectrogram ({epochs} epochs), and a logistic regression over 519 statistics of the utterance; their
log probabilities are joined. Trained on:

{trained_on}

Level and silence around the utterance are taken out; speed, rooms, noise, other voices,
microphones, lines and clipping were varied in training. What a corpus does not have was left out
of the softmax for its clips. The network that is shipped has also learned from the mean answer of
six, each of which had not heard a sixth of the speakers.
{started}
Figures are those of the six on the speakers they had not heard, 95 % bootstrap over speakers:

| RAVDESS speech, eight emotions | UAR | accuracy |
|---|---|---|
| joined | {uar_speech:.1%} [{uar_speech_low:.1%}, {uar_speech_high:.1%}] | {accuracy_speech:.1%} |
| network alone | {uar_network:.1%} | |
| statistics alone | {uar_linear:.1%} | |

Song, six emotions: UAR {uar_song:.1%}. Calibration error on speech: {ece_speech:.3f}. Chance is
12.5 %; people who listened to these recordings were right in about 62 %. All speakers named above
have been heard by the shipped graph: evaluating it on them is a leak, and affuse marks it as one.

Speakers not heard, of corpora that were, over the emotions that a corpus has:

{unheard_speakers}

A corpus never heard, each by a network that was trained on all others; and by one that was trained
on RAVDESS alone:

{unheard_corpora}

{calibrated}

{groups}

{confusion_speech}

"""

FACE_TITLE = "## The face network"

_FACE = """\
{title} (`face.onnx`)

{networks}, a VGG of 3x3 convolutions on grey faces of 48 x 48 pixels ({architecture}), trained
on FER2013 (Goodfellow et al. 2013, for research): {n_trained:,} faces of its training part;
{n_copies:,} that are also test faces, or nearly, were left out. {learned} The graph computes
with 8-bit integers; all figures are its own.

On the {n_tested:,} faces of the public test part, which chose no weights, epochs or settings:
accuracy {accuracy_unmirrored:.1%}, as `affuse predict` asks it; with the mirror image averaged
in {accuracy:.1%}, and of both, as in the table below, UAR {uar:.1%}. {calibrated} People reach
about 65 % on these faces, the best single network that was published 73.3 % (on the private test
part).

{confusion_face}

Copies matter here: figures of networks that were trained on all of FER2013's training part rest
on test faces that they knew by heart. Its labels come from web searches and are often wrong;
fear and disgust are told worst. FER2013 does not say who its faces are: of which sex, age or origin
they are failed more often nobody has measured.

"""

FUSION_TITLE = "## Fusion"

_CALIBRATION = (
    "Before, each is calibrated on people it has not met: the face's probabilities to the power of "
    "{face.temperature:.2f}^-1 (0.5 / greatest)^{face.doubt:.2f}, the voice's to that of "
    "{voice.temperature:.2f}^-1 (0.5 / greatest)^{voice.doubt:.2f}{far}. Of looks at a face, "
    "and windows of a voice, each weighs by how far it is from rest, that is from a neutral one."
)
_HARDLY_SEEN = (
    " A face that can hardly be seen counts the less, the less detail there is in it (in full from "
    "a quality of {quality.full:.3f}, which 19 of 20 faces of FER2013 have); fitted on "
    "{quality.fitted_on}."
)
_DECLINE = " (usual distance / distance from training)^{:.2f}"
_HELD_OUT = (
    "Fitted on all corpora but one and measured on that one, in turn, this brings the voice's "
    "calibration error from {each.before:.3f} to {each.after:.3f} and its log loss from "
    "{each.log_loss_before:.3f} to {each.log_loss_after:.3f}; it is then right in "
    "{each.accuracy:.0%} of the clips of a corpus that it has not met, in {each.of_surer_half:.0%} "
    "of the surer half."
)

_FUSION = """{title}

{believed}

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


def card_head(voice: Mapping[str, Any]) -> str:
    """The beginning of the card: use and licence, in Markdown.

    Parameters
    ----------
    voice : mapping
        As ``voice.json`` holds it.

    Returns
    -------
    str
    """
    trained_on = voice["trained_on"]
    return _HEAD.format(
        law=fill(LAW, 100, break_long_words=False, break_on_hyphens=False),
        n_speakers=sum(len(speakers) for speakers in trained_on.values()),
        n_corpora=len(trained_on),
        licence=LICENCE,
        use=fill(USE, 96),
    )


def voice_section(voice: Mapping[str, Any]) -> str:
    """The card's section on the voice model, in Markdown.

    Parameters
    ----------
    voice : mapping
        As ``voice.json`` holds it.

    Returns
    -------
    str
    """
    counts = voice["n_trained_on"]
    trained_on = [
        f"- {corpus}: {counts[corpus]:,} clips of {len(speakers)} speakers ({', '.join(speakers)})"
        for corpus, speakers in voice["trained_on"].items()
    ]
    fields = {
        **voice,
        "title": VOICE_TITLE,
        "epochs": voice["training"]["epochs"],
        "started": _started(voice),
        "trained_on": "\n".join(fill(line, 96, subsequent_indent="  ") for line in trained_on),
        "unheard_speakers": groups_table("corpus", voice["unheard_speakers"]),
        "unheard_corpora": left_out_table(voice["unheard_corpora"], voice["one_corpus"]),
        "calibrated": _calibrated_elsewhere(voice["ece_unheard_corpora"]),
        "groups": sex_and_language_tables(voice),
        "confusion_speech": confusion_table(voice["confusion_speech"], RAVDESS_EMOTIONS),
    }
    return _VOICE.format(**fields)


def face_section(face: Mapping[str, Any]) -> str:
    """The card's section on the face network, in Markdown.

    Parameters
    ----------
    face : mapping
        As ``face.json`` holds it.

    Returns
    -------
    str
    """
    fields = {
        **face,
        "title": FACE_TITLE,
        "networks": _networks(face["n_networks"]),
        "architecture": face["training"]["architecture"],
        "learned": _learned(face),
        "calibrated": _calibrated(face),
        "confusion_face": confusion_table(face["confusion"], FER2013_EMOTIONS),
    }
    return _wrapped(_FACE.format(**fields)) + "\n"


def _networks(n: int) -> str:
    return "One network" if n == 1 else f"The mean of {n} networks that differ in their seed, each"


def _learned(face: Mapping[str, Any]) -> str:
    """What it was trained on, and for how long."""
    sentences = []
    if face["start"] is not None:
        sentences.append(f"It started from the weights `{face['start']['name']}`.")
        sentences += [f"{face['origin'].rstrip('.')}."] if face["origin"] else []
    if face["training"]["epochs"]:
        of = [f"{face['training']['epochs']} epochs with FER2013's labels"]
        of += [f"people's votes on {face['n_voted']:,} faces"] if face["n_voted"] else []
        n_teachers = len(face["teachers"])
        of += [f"the mean answer of {n_teachers} teachers"] if n_teachers else []
        sentences.append(f"{', '.join(of)}.")
    return " ".join(sentences)


def _calibrated(face: Mapping[str, Any]) -> str:
    if face["start"] is None:
        return (
            f"Its temperature comes from {face['n_held_out']:,} training faces kept apart; "
            f"calibration error {face['ece']:.3f}."
        )
    return (
        f"Its temperature comes from {face['n_held_out']:,} of the test faces, since the weights "
        "that it started from may have met every training face; the calibration error, "
        f"{face['ece']:.3f}, is that of the other {face['n_calibrated']:,}."
    )


def fusion_section(manifest: Manifest, held_out: CrossFitted | None = None) -> str:
    """The card's section on the fusion of face and voice, in Markdown.

    Parameters
    ----------
    manifest : Manifest
        With the members ``face`` and ``voice``, and rules of agreement.
    held_out : CrossFitted, optional
        How reliable the voice is on corpora left out.

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
            believed=_believed(face, voice, held_out),
        )
    )


def _believed(face: Member, voice: Member, held_out: CrossFitted | None) -> str:
    """How the members' own probabilities are calibrated."""
    known = voice.familiarity
    far = "" if known is None else _DECLINE.format(known.decline)
    text = _CALIBRATION.format(face=face, voice=voice, far=far)
    if held_out is not None:
        text += f" {_HELD_OUT.format(each=held_out)}"
    if face.image_quality is not None:
        text += _HARDLY_SEEN.format(quality=face.image_quality)
    return text


def _wrapped(text: str) -> str:
    """Paragraphs in lines of at most 96 characters; tables unchanged."""
    parts = [part if part.startswith("|") else fill(part, 96) for part in text.split("\n\n")]
    return "\n\n".join(parts).rstrip() + "\n"


def _calibrated_elsewhere(found: float | None) -> str:
    if found is None:
        return "No corpus was left out to measure it on one never heard."
    return f"Calibration error on corpora never heard: {found:.3f}."


def _started(voice: Mapping[str, Any]) -> str:
    """What weights all networks started from, and whom these had met."""
    start = voice.get("start")
    if start is None:
        return ""
    whom = "; ".join(f"{corpus}: {', '.join(who)}" for corpus, who in start["met"].items())
    text = (
        f"All of them started from `{start['name']}` (SHA-256 {start['sha256'][:12]}), which had "
        f"met these speakers: {whom}. Figures on them, below, are not those of strangers, nor is "
        "what was fitted on them."
    )
    return "\n" + fill(text, 96) + "\n"
