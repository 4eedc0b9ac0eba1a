"""RAVDESS speech, eight emotions: scores of people and of published systems.

Figures of other people's systems are theirs: on all 24 speakers, with their own features and
selection. Random splits add 10 to 25 points to any of them, so none with a random split is here.
"""

from __future__ import annotations

from affuse.corpora.index import Index
from affuse.corpora.reference import Reference
from affuse.records import RAVDESS_EMOTIONS

_LISTENERS = "untrained listeners, forced choice, all intensities"
_APART = "speakers kept apart"
_LOSO = "leave one speaker out"
_LIVINGSTONE = "Livingstone & Russo 2018, PLOS ONE 13(5): e0196391"
_LUNA = "Luna-Jiménez et al. 2022, Applied Sciences 12(1): 327"
_LUNA_FOLDS = "five folds, speakers kept apart (luna2021)"

RAVDESS_SPEECH_REFERENCES: tuple[Reference, ...] = (
    Reference("people", "people", "audio", "accuracy", 0.62, _LISTENERS, _LIVINGSTONE),
    Reference("people", "people", "audio+video", "accuracy", 0.80, _LISTENERS, _LIVINGSTONE),
    Reference("published", "MFCC and prosody", "audio", "UAR", 0.505, _LOSO),
    Reference("published", "eGeMAPS", "audio", "UAR", 0.531, _LOSO),
    Reference("published", "ComParE", "audio", "UAR", 0.636, _LOSO),
    Reference(
        "published",
        "ResLSTM-SA (47 k parameters)",
        "audio",
        "UAR",
        0.652,
        _APART,
        "Krasnoproshin & Vashkevich 2026, arXiv:2606.03359",
    ),
    Reference("published", "WavLM Large", "audio", "UAR", 0.813, _APART),
    Reference("published", "XLS-R", "audio", "UAR", 0.819, _APART),
    Reference("published", "action units, static", "video", "accuracy", 0.60, _LUNA_FOLDS, _LUNA),
    Reference(
        "published", "action units, sequential", "video", "accuracy", 0.62, _LUNA_FOLDS, _LUNA
    ),
    Reference("published", "WavLM and ViT, clean selection", "audio+video", "UAR", 0.788, _APART),
    Reference(
        "published",
        "XLS-R and action units",
        "audio+video",
        "accuracy",
        0.867,
        _LUNA_FOLDS,
        _LUNA,
        leak="the audio network's checkpoint was picked on the test fold",
    ),
    Reference(
        "published",
        "HiCMAE",
        "audio+video",
        "UAR",
        0.88,
        "six folds, speakers kept apart (sequential6)",
        "Sun et al. 2024, arXiv:2401.05698",
    ),
)
"""Eight emotions of RAVDESS speech, 24 speakers."""


def speech_references(index: Index) -> tuple[Reference, ...]:
    """These scores where the clips are speech of all eight emotions; else none.

    Parameters
    ----------
    index : Index
        Clips of RAVDESS.

    Returns
    -------
    tuple of Reference
    """
    speech = all(clip.attributes.get("channel") == "speech" for clip in index)
    return RAVDESS_SPEECH_REFERENCES if speech and index.classes == RAVDESS_EMOTIONS else ()
