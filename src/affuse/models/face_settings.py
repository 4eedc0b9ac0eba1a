"""Settings and data of the training of a face network."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field

from affuse.corpora.face_votes import FaceVotes
from affuse.corpora.fer2013 import FaceSet
from affuse.models.face_weights import FaceWeights

WARM_UP = 0.05
"""Share of the steps in which the learning rate rises."""
QUIET_SHARE = 0.15
"""Of the epochs, at the end, in which faces are varied less and not mixed."""
QUIET_STRENGTH = 0.5


@dataclass(frozen=True, slots=True)
class FaceTraining:
    """Settings of one training.

    Attributes
    ----------
    architecture : str
        Key of `ARCHITECTURES`.
    epochs : int
        0: the weights that it starts from stay as they are.
    batch_size : int
    learning_rate : float
        The highest, of SGD with Nesterov's momentum.
    weight_decay : float
    student_weight_decay : float
        The same where there are teachers, whose answers hold back enough.
    label_smoothing : float
    mixed_share, mixing : float
        Share of the batches whose faces are mixed in pairs; parameter of the beta distribution,
        both.
    threads : int
    device : str
        "cpu" or "cuda".
    seed : int
    """

    architecture: str = "small"
    epochs: int = 60
    batch_size: int = 128
    learning_rate: float = 0.05
    weight_decay: float = 5e-4
    student_weight_decay: float = 2e-4
    label_smoothing: float = 0.1
    mixed_share: float = 0.3
    mixing: float = 0.2
    threads: int = 2
    device: str = "cpu"
    seed: int = 0

    @property
    def meaning(self) -> dict[str, object]:
        """All settings that affect the weights, whatever the device: ready for JSON."""
        computing = ("device", "threads")
        return {name: value for name, value in asdict(self).items() if name not in computing}

    def is_quiet(self, epoch: int) -> bool:
        """Whether an epoch augments faces less and does not mix them.

        Parameters
        ----------
        epoch : int
            From 0.

        Returns
        -------
        bool
        """
        return epoch >= self.epochs * (1 - QUIET_SHARE)

    def rate_with_linear_warm_up(self, epochs: float) -> float:
        """Learning rate after so many epochs: linear warm-up, then decay by half a cosine.

        Parameters
        ----------
        epochs : float
            That are over, parts of one included.

        Returns
        -------
        float
        """
        share = epochs / self.epochs
        if share < WARM_UP:
            return self.learning_rate * share / WARM_UP
        return self.learning_rate * (1 + math.cos(math.pi * (share - WARM_UP) / (1 - WARM_UP))) / 2


@dataclass(frozen=True, slots=True)
class FaceTrainingData:
    """What a face network is trained on.

    Attributes
    ----------
    faces : FaceSet
    votes : FaceVotes or None
        People's votes on these faces.
    start : FaceWeights or None
        Weights to start from.
    teachers : tuple of FaceWeights
        Networks whose mean probabilities are learned beside labels and votes.
    """

    faces: FaceSet
    votes: FaceVotes | None = None
    start: FaceWeights | None = None
    teachers: tuple[FaceWeights, ...] = field(default=())

    @property
    def meaning(self) -> dict[str, object]:
        """What identifies the data of a checkpoint: ready for JSON."""
        return {
            "faces": len(self.faces),
            "voted": 0 if self.votes is None else int(self.votes.voted.sum()),
            "start": self.start and self.start.origin,
            "teachers": [teacher.origin for teacher in self.teachers],
        }
