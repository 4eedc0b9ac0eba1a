"""Fits how mouths and sound are compared, and says what that is worth on people kept apart.

usage: python benchmarks/mouths_fit.py FOLDER

FOLDER is what `benchmarks/conversations.py` made. For each person a model is fitted on the mouths
of all others. In each frame of speech, of the people in the picture the one with the highest score
is taken; chance is 50 % where there are two. Shown beside it: the rate at which lips move alone,
the best correlation alone, and a small network. Then who speaks (`affuse.people.speaking`) by these
models, with the true voices and without voices, and the weights for `affuse.people.synchrony`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from affuse.people.speaking import attributed
from affuse.people.synchrony import FEATURES, PER_S, features, loudness
from people import Conversation, Shares, frames_of, read, report, shares, true_turns

Floats = NDArray[np.float64]
EVERY = 3
"""Of neighbouring frames, which are much the same, so manyth are learned from."""


class Rows:
    """Features of everybody's mouth in a conversation, and who speaks."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.kind = conversation.kind
        self.names = conversation.names
        speech = np.zeros(len(conversation.envelope), bool)
        speech[: len(conversation.speech)] = conversation.speech
        loud = loudness(conversation.envelope, speech)
        step = 100 // PER_S
        middle = slice(step // 2, step * len(loud), step)
        self.speaker = conversation.speaker[middle][: len(loud)]
        self.counted = speech[middle][: len(loud)] & (self.speaker > 0)
        self.features: dict[int, Floats] = {}
        self.seen: dict[int, NDArray[np.bool_]] = {}
        for person, mouths in conversation.mouths.items():
            self.features[person], self.seen[person] = features(mouths, loud)

    def learned(self, person: int) -> tuple[Floats, NDArray[np.bool_]]:
        """Rows of one person to learn from, and whether they speak."""
        chosen = self.counted & self.seen[person]
        return self.features[person][chosen][::EVERY], (self.speaker == person)[chosen][::EVERY]


def fitted(rows: Sequence[Rows], but: str, columns: Sequence[int], network: bool) -> Pipeline:
    """A model of everybody but one."""
    parts = [
        one.learned(person) for one in rows for person in one.features if one.names[person] != but
    ]
    x = np.concatenate([part[0] for part in parts])[:, columns]
    y = np.concatenate([part[1] for part in parts])
    last = (
        MLPClassifier((8,), alpha=1.0, max_iter=100, random_state=0)
        if network
        else LogisticRegression(C=0.001, class_weight="balanced")
    )
    return make_pipeline(StandardScaler(), last).fit(x, y)


def scored(
    rows: Sequence[Rows], columns: Sequence[int], network: bool = False
) -> Callable[[Rows, int], Floats]:
    """Log odds of a person, by the model that has not met them."""
    names = {name for one in rows for name in one.names.values()}
    models = {name: fitted(rows, name, columns, network) for name in names}

    def score(one: Rows, person: int) -> Floats:
        x = one.features[person][:, columns]
        model = models[one.names[person]]
        if network:
            shares = np.clip(model.predict_proba(x)[:, 1], 1e-6, 1 - 1e-6)
            return np.asarray(np.log(shares / (1 - shares)))
        return np.asarray(model.decision_function(x))

    return score


def accuracy(rows: Sequence[Rows], score: Callable[[Rows, int], Floats]) -> dict[str, float]:
    """Percentage of frames in which the speaker, one of those seen, has the highest score."""
    right: dict[str, list[NDArray[np.bool_]]] = {}
    for one in rows:
        people = sorted(one.features)
        all_ = np.stack([np.where(one.seen[p], score(one, p), -np.inf) for p in people])
        counted = one.counted & np.isin(one.speaker, people)
        counted &= np.isfinite(all_).sum(axis=0) > 1
        chosen = np.array(people)[all_.argmax(axis=0)]
        right.setdefault(one.kind, []).append((chosen == one.speaker)[counted])
    return {kind: 100 * float(np.concatenate(own).mean()) for kind, own in right.items()}


def who_speaks(
    rows: Sequence[Rows], score: Callable[[Rows, int], Floats], *, voices: bool
) -> dict[str, list[Shares]]:
    """What becomes of the scores when they are joined with voices, by kind."""
    found: dict[str, list[Shares]] = {}
    for one in rows:
        evidence = {p: np.where(one.seen[p], score(one, p), np.nan) for p in one.features}
        speech = attributed(evidence, true_turns(one.conversation, voices=voices))
        answers = frames_of(speech, len(one.conversation.speaker))
        found.setdefault(one.kind, []).append(shares(one.conversation, answers))
    return found


def main(folder: Path) -> None:
    """Read all conversations and print what is learned of them."""
    fit([Rows(read(path)) for path in sorted(folder.glob("*.mp4"))])


def fit(rows: Sequence[Rows]) -> None:
    """Print the tables of what was read."""
    every, best = range(len(FEATURES)), FEATURES.index("opening wide")
    learned = scored(rows, every)
    tables = {
        "rate alone": accuracy(rows, lambda one, p: one.features[p][:, -1]),
        "correlation": accuracy(rows, lambda one, p: one.features[p][:, best]),
        "learned": accuracy(rows, learned),
        "network": accuracy(rows, scored(rows, every, network=True)),
    }
    for kind in tables["learned"]:
        print(f"{kind:<14}", *(f"{name} {table[kind]:5.1f}  " for name, table in tables.items()))
    for voices in (True, False):
        print(f"\n{'true voices' if voices else 'no voices'}, models that have not met the people")
        report(who_speaks(rows, learned, voices=voices))
    model = fitted(rows, "", every, network=False)
    scaler, last = model[0], model[1]
    weights = last.coef_[0] / scaler.scale_
    print("weights", [round(float(value), 4) for value in weights])
    print("bias", round(float(last.intercept_[0] - weights @ scaler.mean_), 4))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
