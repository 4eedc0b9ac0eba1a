"""Cells of a transfer matrix: over the emotions that both show, beside the corpus's own figure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from affuse.evaluation.systems import OutOfFold, System
from affuse.evaluation.transfer import (
    ACROSS,
    ALL_OTHERS,
    LEFT_OUT,
    WITHIN,
    Found,
    Ways,
    shown_emotions,
    transfer_cells,
)
from affuse.evaluation.transfer_matrix import CorpusSize, TransferMatrix
from affuse.splits.corpora import CorpusFold, folds_of_corpora, leave_one_corpus_out
from affuse.splits.corpus_rows import corpus_labels
from affuse.splits.protocols import Protocol
from affuse.splits.within_corpora import within_corpora

CLASSES = ("neutral", "calm", "happy")
SYSTEM = System("guess", "audio", "", "", "guess", lambda seed: None)


@pytest.fixture
def table(make_table):
    """Four speakers of A with three emotions, four of B without calm; two clips of each."""
    whole = make_table(n_speakers=8, n_takes=2, classes=CLASSES)
    corpora = np.repeat(["A", "B"], 24)
    speakers = np.char.add(np.char.add(corpora, "/"), whole.speakers)
    whole = replace(whole, corpora=corpora, speakers=speakers)
    return whole.take((corpora == "A") | (whole.labels != 1))


@pytest.fixture
def ways(table):
    rows = corpus_labels(table)
    pairs = [CorpusFold(("A",), ("B",)), CorpusFold(("B",), ("A",))]
    return Ways(
        corpora=("A", "B"),
        across=Protocol(ACROSS, folds_of_corpora(pairs, rows).folds),
        left_out=Protocol(LEFT_OUT, folds_of_corpora(leave_one_corpus_out("AB"), rows).folds),
        shown=shown_emotions(table),
        leaks={},
        n_bootstrap=200,
        seed=0,
    )


def predicted(table, protocol: Protocol, labels) -> OutOfFold:
    """What is predicted for every tested clip: with .6 the label, with .3 calm, else neutral."""
    rows = np.concatenate([fold.test for fold in protocol.folds]).astype(int)
    folds = np.concatenate([[fold.number] * len(fold.test) for fold in protocol.folds])
    outputs = 0.6 * np.eye(3)[labels[rows]] + np.array([0.1, 0.3, 0.0])
    return OutOfFold(SYSTEM, protocol.name, rows, folds, outputs)


@pytest.fixture
def found(table, ways):
    """Right within a corpus; from another, calm for every happy clip of the first speaker of B."""
    within = Protocol(WITHIN, within_corpora(corpus_labels(table), list(table.speakers)).folds)
    first = (table.speakers == "B/5") & (table.labels == 2)
    wrong = np.where(first, 1, table.labels)
    return Found(
        predicted(table, within, table.labels),
        predicted(table, ways.across, wrong),
        predicted(table, ways.left_out, wrong),
    )


def cells_of(found, table, ways):
    cells, means = transfer_cells(found, table, ways)
    return {(cell.trained_on, cell.tested_on): cell for cell in cells}, means


def test_every_pair_and_all_others_have_a_cell(table, ways, found):
    cells, means = cells_of(found, table, ways)
    assert list(cells) == [
        ("A", "A"), ("A", "B"), ("B", "B"), ("B", "A"), (ALL_OTHERS, "A"), (ALL_OTHERS, "B"),
    ]  # fmt: skip
    assert [lost.protocol for lost in means] == [ACROSS, LEFT_OUT]


def test_figures_are_over_the_emotions_that_both_show(table, ways, found):
    cells, _ = cells_of(found, table, ways)
    own, to_b, to_a = cells["A", "A"], cells["A", "B"], cells["B", "A"]
    assert own.emotions == CLASSES
    assert (own.chance, own.n_clips) == (pytest.approx(1 / 3), 24)
    assert to_a.emotions == to_b.emotions == ("neutral", "happy")
    assert (to_b.chance, to_b.n_clips, to_b.n_speakers) == (0.5, 16, 4)
    # Calm clips of A are not tested where B has trained.
    assert to_a.n_clips == 16
    # Calm is no answer: next for the two happy clips of B/5 is neutral.
    assert to_b.uar == pytest.approx((1 + 6 / 8) / 2)


def test_what_is_lost_is_told_over_the_same_clips_and_speakers(table, ways, found):
    cells, means = cells_of(found, table, ways)
    to_b = cells["A", "B"]
    assert to_b.within == 1.0
    assert to_b.lost == pytest.approx(1 - to_b.uar)
    # One speaker of four is drawn between never and thrice, nearly always.
    assert to_b.lost_low == 0
    assert 0.25 <= to_b.lost_high <= 0.5
    assert np.isnan(cells["B", "B"].lost)
    across = means[0]
    assert across.n_cells == 2
    assert across.lost == pytest.approx(np.mean([to_b.lost, 0]))
    assert across.within - across.across == pytest.approx(across.lost)


def test_the_corpus_itself_answers_among_the_same_emotions(table, ways, found):
    """Calm beside neutral within A: where only neutral and happy are asked for, it is right."""
    outputs = found.within.outputs.copy()
    neutral = (table.corpora == "A") & (table.labels == 0)
    outputs[neutral[found.within.rows]] = [0.3, 0.5, 0.2]
    own = replace(found.within, outputs=outputs)
    cells, _ = cells_of(replace(found, within=own), table, ways)
    assert cells["A", "A"].uar == pytest.approx(2 / 3)
    assert cells["B", "A"].within == 1.0
    assert cells["B", "A"].lost == 0.0


def test_rare_emotions_are_in_no_figure(table, ways, found):
    shown = ways.shown | {"A": np.array([True, False, True])}
    cells, _ = cells_of(found, table, replace(ways, shown=shown))
    own = cells["A", "A"]
    assert (own.emotions, own.n_clips, own.chance) == (("neutral", "happy"), 16, 0.5)


def test_a_corpus_of_one_speaker_has_no_figure_of_its_own(table, ways, found):
    cells, _ = cells_of(replace(found, within=None), table, ways)
    assert ("A", "A") not in cells
    assert np.isnan(cells["A", "B"].within)


def test_a_pair_with_one_emotion_in_common_has_no_cell(table, ways, found):
    shown = ways.shown | {"B": np.array([False, False, True])}
    cells, _ = cells_of(found, table, replace(ways, shown=shown))
    assert ("A", "B") not in cells
    assert ("B", "B") not in cells


def test_met_corpora_are_leaky(table, ways, found):
    cells, _ = cells_of(found, table, replace(ways, leaks={("audio", "B"): "it has met B"}))
    assert cells["A", "B"].leak == "it has met B"
    assert cells["A", "B"].leaky
    assert not cells["B", "A"].leaky


def test_leaky_figures_are_in_no_mean_and_said(table, ways, found):
    cells, means = transfer_cells(found, table, replace(ways, leaks={("audio", "B"): "it met B"}))
    assert [mean.n_cells for mean in means] == [1, 1]
    assert means[0].lost == 0.0
    matrix = TransferMatrix((), cells, means, {})
    assert "1 of 1 figures across corpora lie above chance" in matrix.reading()[2]
    assert matrix.reading()[3] == "3 figures are leaky and in no mean (*): it met B."


def test_a_matrix_is_a_table_json_and_sentences(table, ways, found):
    cells, means = transfer_cells(found, table, ways)
    sizes = (CorpusSize("A", 24, 4, CLASSES), CorpusSize("B", 16, 4, ("neutral", "happy")))
    matrix = TransferMatrix(sizes, cells, means, {"audio": "tones"}, ("A note.",))
    assert matrix.systems == ("audio, guess",)
    assert list(matrix.table["trained_on"]) == ["A", "A", "B", "B", ALL_OTHERS, ALL_OTHERS]
    assert matrix.table["n_emotions"].tolist() == [3, 2, 2, 2, 2, 2]
    first = matrix.as_json()["cells"][0]
    assert (first["lost"], first["within"], first["leaky"]) == (None, None, False)
    pairs, others, above, note = matrix.reading()
    assert pairs.startswith(
        "Trained on one corpus and tested on another (2 pairs), mean UAR is 93."
    )
    assert others.startswith("Trained on all other corpora (2 tested), mean UAR is")
    assert above == "2 of 2 figures across corpora lie above chance with their whole interval."
    assert note == "A note."
