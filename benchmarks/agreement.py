"""Classical models on RAVDESS speech of speakers 1 to 18 beside known figures.

usage: python benchmarks/agreement.py RAVDESS_FOLDER ACTION_UNITS.csv

The known figures were computed apart from affuse, with librosa and plain scikit-learn
(StandardScaler, SVC and LDA with their defaults), on the same clips and folds, from samples as they
were recorded. affuse takes a constant offset away from sound: the last line says how far that leads
from the known figures.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np

import affuse
from affuse.extractors.mfcc import Mfcc
from affuse.features.decoding import RecordedSound

COLUMNS = {
    "GaussianNB": ("gaussian_nb", {}),
    "LDA": ("lda", {}),
    "SVM linear": ("svm_linear", {}),
    "SVM RBF": ("svm_rbf", {}),
    "SVM RBF C=10": ("svm_rbf", {"C": 10}),
}
KNOWN = {
    "audio": ((32.50, 34.38), (31.57, 31.77), (42.87, 42.36), (41.11, 39.58), (42.59, 42.01)),
    "video": ((47.41, 49.31), (57.87, 58.51), (53.43, 54.08), (58.43, 58.42), (55.83, 55.82)),
    "audio+video": ((35.74, 37.24), (50.28, 50.26), (55.56, 54.86), (49.54, 47.92), (51.85, 50.95)),
}
KNOWN_MINMAX = {0.1: 52.96, 1: 60.00, 10: 56.67}


@dataclass(frozen=True, slots=True)
class RecordedMfcc(Mfcc):
    """MFCCs of the samples as they were recorded: a constant offset stays in them."""

    name = "mfcc_recorded"

    @property
    def decoding(self) -> RecordedSound:
        """The sound that `extract` needs."""
        return RecordedSound(sample_rate=self.sample_rate, duration_s=self.duration_s)


def main(corpus: str, action_units: str) -> None:
    """Print both tables and the largest distances."""
    those = [str(speaker) for speaker in range(1, 19)]
    speech = affuse.read(corpus).filter(speakers=those, where={"channel": ["speech"]})
    recorded = affuse.extract(speech, audio=RecordedMfcc(), video=action_units, jobs=2)
    speakers = np.char.zfill(recorded.speakers, 2)
    folds = [np.isin(speakers, three) for three in np.unique(speakers).reshape(-1, 3)]

    distances = []
    print(f"{'':<14}{'':<14}{'accuracy':>10}{'known':>8}{'UAR':>10}{'known':>8}")
    for modality, row in KNOWN.items():
        for label, known in zip(COLUMNS, row, strict=True):
            accuracy, uar = figures(recorded, folds, modality, label)
            print(f"{modality:<14}{label:<14}{accuracy:>10.2f}{known[0]:>8.2f}", end="")
            print(f"{uar:>10.2f}{known[1]:>8.2f}")
            distances += [abs(accuracy - known[0]), abs(uar - known[1])]

    print("\naction units, MinMaxScaler, SVM RBF: mean of the folds' accuracies")
    for c, known_mean in KNOWN_MINMAX.items():
        system = affuse.Unimodal(affuse.model("svm_rbf", scaler="minmax", C=c), "video")
        right = rightly_named(recorded, folds, system)
        mean = 100 * float(np.mean([right[test].mean() for test in folds]))
        print(f"C={c:<6}{mean:>8.2f}{known_mean:>8.2f}")
        distances.append(abs(mean - known_mean))
    print(f"\nlargest distance from a known figure: {max(distances):.2f} points")

    own = affuse.extract(speech, audio="mfcc", video=action_units, jobs=2)
    differ = np.asarray(own.arrays["audio"]) != np.asarray(recorded.arrays["audio"])
    n_others = int(differ.any(axis=(1, 2)).sum())
    farthest = max(
        np.abs(np.subtract(figures(own, folds, modality, label), known)).max()
        for modality in ("audio", "audio+video")
        for label, known in zip(COLUMNS, KNOWN[modality], strict=True)
    )
    print(f"with constant offsets taken away (features of {n_others} clips): {farthest:.2f} points")


def figures(
    table: affuse.FeatureTable, folds: list[np.ndarray], modality: str, label: str
) -> tuple[float, float]:
    """Accuracy and UAR over all folds, in %."""
    name, params = COLUMNS[label]
    model = affuse.model(name, **params)
    both = modality == "audio+video"
    system = affuse.EarlyFusion(model) if both else affuse.Unimodal(model, modality)
    right = rightly_named(table, folds, system)
    recalls = [right[table.labels == label].mean() for label in np.unique(table.labels)]
    return 100 * float(right.mean()), 100 * float(np.mean(recalls))


def rightly_named(
    table: affuse.FeatureTable, folds: list[np.ndarray], system: affuse.Unimodal
) -> np.ndarray:
    """Whether each clip's emotion is named by what learned on the other folds, (n_clips,) bool."""
    # Temperatures change no decision: no inner folds for them.
    system.set_params(model__n_folds=1)
    right = np.zeros(len(table), bool)
    for test in folds:
        system.fit(table.take(np.flatnonzero(~test)))
        right[test] = system.predict(table.take(np.flatnonzero(test))) == table.labels[test]
    return right


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
