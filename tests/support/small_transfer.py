"""A transfer between two corpora, by its figures."""

from __future__ import annotations

from affuse.evaluation.transfer import ACROSS, LEFT_OUT, Cell, MeanLost
from affuse.evaluation.transfer_matrix import CorpusSize, TransferMatrix

EMOTIONS = ("angry", "sad")
SIZES = tuple(CorpusSize(name, 24, 4, EMOTIONS) for name in ("anna", "ben"))


def cell(trained_on: str, tested_on: str, uar: float, low: float, leak: str = "") -> Cell:
    return Cell(
        "SVM", "audio", trained_on, tested_on, ACROSS, uar, low, uar + 0.1, uar, uar, EMOTIONS,
        0.5, 24, 4, 0.9, 0.9 - uar, 0.1, 0.4, leak,
    )  # fmt: skip


def matrix(*cells: Cell, means: tuple[MeanLost, ...]) -> TransferMatrix:
    return TransferMatrix(SIZES, cells, means, {"audio": "MFCC"})


MEANS = (
    MeanLost("SVM", ACROSS, 2, 0.9, 0.66, 0.24, 0.1, 0.4),
    MeanLost("LDA", ACROSS, 2, 0.9, 0.6, 0.3, 0.1, 0.4),
    MeanLost("SVM", LEFT_OUT, 2, 0.9, 0.71, 0.19, 0.1, 0.4),
)
FOUND = matrix(
    cell("anna", "ben", 0.7, 0.6),
    cell("ben", "anna", 0.62, 0.45),
    cell("anna", "anna", 0.99, 0.9, leak="a copy"),
    means=MEANS,
)
