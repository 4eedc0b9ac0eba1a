"""Classical models on RAVDESS speech of speakers 1 to 18 beside known figures.

usage: python benchmarks/agreement.py RAVDESS_FOLDER ACTION_UNITS.csv

The known figures were computed apart from affuse, with librosa and plain scikit-learn
(StandardScaler, SVC and LDA with their defaults), on the same clips and folds.
"""

from __future__ import annotations

import sys

from affuse import load_config, run

COLUMNS = ("GaussianNB", "LDA", "SVM linear", "SVM RBF", "SVM RBF C=10")
KNOWN = {
    "audio": ((32.50, 34.38), (31.57, 31.77), (42.87, 42.36), (41.11, 39.58), (42.59, 42.01)),
    "video": ((47.41, 49.31), (57.87, 58.51), (53.43, 54.08), (58.43, 58.42), (55.83, 55.82)),
    "audio+video": ((35.74, 37.24), (50.28, 50.26), (55.56, 54.86), (49.54, 47.92), (51.85, 50.95)),
}
KNOWN_MINMAX = {"0.1": 52.96, "1": 60.00, "10": 56.67}


def main(corpus: str, action_units: str) -> None:
    """Print both tables and the largest distance."""
    where = {"data.path": corpus, "features.video": action_units}
    table = run(load_config("classical", overrides=where)).results.set_index(["modality", "model"])
    worst = 0.0
    print(f"{'':<14}{'':<14}{'accuracy':>10}{'known':>8}{'UAR':>10}{'known':>8}")
    for modality, row in KNOWN.items():
        for model, (accuracy, uar) in zip(COLUMNS, row, strict=True):
            got = 100 * table.loc[(modality, model), ["accuracy", "uar"]]
            print(f"{modality:<14}{model:<14}{got.iloc[0]:>10.2f}{accuracy:>8.2f}", end="")
            print(f"{got.iloc[1]:>10.2f}{uar:>8.2f}")
            worst = max(worst, abs(got.iloc[0] - accuracy), abs(got.iloc[1] - uar))
    models = [
        {"name": "svm_rbf", "scaler": "minmax", "params": {"C": float(c)}} for c in KNOWN_MINMAX
    ]
    minmax = {**where, "features.audio": "none", "models": models}
    rows = run(load_config("classical", overrides=minmax)).results.set_index("model")
    print("\naction units, MinMaxScaler, SVM RBF: mean of the folds' accuracies")
    for c, known in KNOWN_MINMAX.items():
        name = "SVM RBF, minmax" if c == "1" and "SVM RBF, minmax" in rows.index else None
        got = 100 * rows.loc[name or f"SVM RBF C={c}, minmax", "accuracy_fold_mean"]
        print(f"C={c:<6}{got:>8.2f}{known:>8.2f}")
        worst = max(worst, abs(got - known))
    print(f"\nlargest distance from a known figure: {worst:.2f} points")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
