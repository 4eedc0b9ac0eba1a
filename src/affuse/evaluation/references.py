"""What chance, people and published systems score, to hold a result against.

Figures of other people's systems are theirs: on all 24 speakers, with their own features and
selection. Random splits add 10 to 25 points to any of them, so none with a random split is here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from affuse.corpora.index import Index
from affuse.errors import DatasetError
from affuse.records import RAVDESS_EMOTIONS

Kind = Literal["chance", "people", "published"]


@dataclass(frozen=True, slots=True)
class Reference:
    """One line to hold results against.

    Attributes
    ----------
    kind : {"chance", "people", "published"}
    name : str
    modality : str
        "audio", "video" or "audio+video"; empty for chance, which needs none.
    metric : {"UAR", "accuracy"}
    value : float
        A fraction.
    protocol : str
        How it was measured.
    source : str
        Where it was published; empty where only the figure is known.
    leak : str
        Why new speakers would give less; empty where nothing is known to leak.
    """

    kind: Kind
    name: str
    modality: str
    metric: Literal["UAR", "accuracy"]
    value: float
    protocol: str
    source: str = ""
    leak: str = ""


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


def chance(n_classes: int) -> Reference:
    """UAR of a system that guesses.

    Raises
    ------
    DatasetError
        Fewer than two classes.

    Examples
    --------
    >>> chance(8).value
    0.125
    """
    if n_classes < 2:
        raise DatasetError(
            f"chance was asked for with {n_classes} emotions; expected at least two: add clips, or "
            "widen data.emotions"
        )
    return Reference("chance", "chance", "", "UAR", 1 / n_classes, "any")


def reference_lines(index: Index, *, drawn: bool = False) -> tuple[Reference, ...]:
    """Lines to hold a run on these clips against: chance, and what others score where known.

    Others' figures are given for speech of RAVDESS with all eight emotions alone (clips told by
    their take keys and channel); a task of other emotions or channels is another task. So are
    drawn people, who bear the names of RAVDESS.

    Parameters
    ----------
    index : Index
    drawn : bool
        Whether its people are drawn.

    Raises
    ------
    DatasetError
        Clips of fewer than two emotions.

    Examples
    --------
    >>> from affuse.records import Clip
    >>> mine = Index((Clip("a", "calm", "1"), Clip("b", "sad", "2")))
    >>> [(line.name, line.value) for line in reference_lines(mine)]
    [('chance', 0.5)]
    """
    known = RAVDESS_SPEECH_REFERENCES if _is_ravdess_speech(index) and not drawn else ()
    return (chance(len(index.classes)), *known)


def _is_ravdess_speech(index: Index) -> bool:
    return index.classes == RAVDESS_EMOTIONS and all(
        clip.attributes.get("channel") == "speech"
        and re.fullmatch(r"01(-[0-9]{2}){5}", clip.id) is not None
        for clip in index
    )
