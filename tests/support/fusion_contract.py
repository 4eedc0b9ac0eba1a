"""What every fusion promises, whatever it does inside, as checks of one fusion.

A fusion of another package keeps the contract if `check_fusion` passes for it:

    check_fusion(Case("attend", lambda settings: Attend(seed=0), table))
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from affuse.config import FusionConfig
from affuse.errors import FeatureError
from affuse.features.table import FeatureTable
from affuse.models.fit_cache import FitCache

NETWORKS = ("bottleneck", "cross_attention", "gated", "low_rank", "tensor")
QUICK = {
    name: {"width": 8, "epochs": 8, "batch_size": 64, "learning_rate": 6e-2} for name in NETWORKS
}
"""Settings of networks that join modalities, small enough to be fitted many times."""

SETTINGS = FusionConfig(late_epochs=3, settings=QUICK)
WITH_DROPOUT = FusionConfig(late_epochs=3, settings=QUICK, modality_dropout=True)
LABELS = (1, 2, 4)
LACKING = {"audio": [4, 7, 20], "video": [5, 9]}
"""Rows that lack a modality, the same ones in every check: fits are shared."""


@dataclass(frozen=True)
class Case:
    """A fusion under test.

    Attributes
    ----------
    name : str
    make : callable
        Settings of fusions -> unfitted estimator, the same every time.
    table : FeatureTable
        Two modalities, every clip has both; as `three_of_five` gives it, whatever the shapes.
    decides_without : bool
        It decides about clips that lack a modality, whatever it was trained on.
    does_without : bool
        It can learn to do so, with ``modality_dropout`` or from clips that lack one.
    learns_little : bool
        What it makes of these few clips may be wrong, as of networks of a few epochs.
    cache : FitCache
        Fits of one check serve the others: which are the same is told by every number in them.
    """

    name: str
    make: Callable[[FusionConfig], Any]
    table: FeatureTable
    decides_without: bool = False
    does_without: bool = True
    learns_little: bool = False
    cache: FitCache = field(default_factory=FitCache)

    def fitted(self, table: FeatureTable, settings: FusionConfig = SETTINGS) -> Any:
        """Fitted on a table; not to be changed."""
        return self.cache.fitted(self.make(settings), table)


def three_of_five(table: FeatureTable) -> FeatureTable:
    """Labels 1, 2 and 4 of five classes: what is learned need not begin at 0."""
    classes = ("other", "neutral", "calm", "silent", "happy")
    return replace(table, classes=classes, labels=np.array(LABELS)[table.labels])


def lacking(table: FeatureTable, modality: str, rows: list[int]) -> FeatureTable:
    """The table without a modality of some clips; what stands there in the array is a trap."""
    present, array = table.present[modality].copy(), np.array(table.arrays[modality])
    present[rows], array[rows] = False, np.nan
    return replace(
        table.with_arrays({modality: array}), present={**table.present, modality: present}
    )


def probabilities_over_the_classes_it_has_seen(case: Case) -> None:
    fusion = case.fitted(case.table)
    probabilities = fusion.predict_proba(case.table)
    assert fusion.classes_.tolist() == list(LABELS)
    assert probabilities.shape == (len(case.table), len(LABELS))
    assert probabilities.dtype == np.float64
    assert probabilities.min() >= 0
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def order_of_modalities_has_no_effect(case: Case) -> None:
    turned = replace(
        case.table,
        arrays=dict(reversed(case.table.arrays.items())),
        present=dict(reversed(case.table.present.items())),
    )
    expected = case.fitted(case.table).predict_proba(case.table)
    found = case.make(SETTINGS).fit(turned).predict_proba(turned)
    np.testing.assert_array_equal(found, expected)


def order_of_clips_has_no_effect(case: Case) -> None:
    order = np.random.default_rng(0).permutation(len(case.table))
    fitted, turned = case.fitted(case.table), case.fitted(case.table.take(order))
    assert turned is not fitted
    found, expected = (each.predict_proba(case.table) for each in (turned, fitted))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def other_clips_have_no_effect(case: Case) -> None:
    fusion = case.fitted(case.table)
    alone = fusion.predict_proba(case.table.take([3]))
    expected = fusion.predict_proba(case.table)[3]
    np.testing.assert_allclose(alone[0], expected, rtol=1e-4, atol=1e-6)


def fit_again_is_the_same_and_leaves_parameters_and_table_alone(case: Case) -> None:
    """A clone of what was fitted is fitted anew: same numbers, own parameters, table as it was."""
    fitted, table = case.fitted(case.table), case.table
    copy = clone(fitted)
    assert not hasattr(copy, "classes_")
    before = repr(copy.get_params())
    numbers = {modality: np.array(table.arrays[modality]) for modality in table.modalities}
    assert copy.fit(table) is copy
    assert repr(copy.get_params()) == before
    for modality, array in numbers.items():
        np.testing.assert_array_equal(np.asarray(table.arrays[modality]), array)
    np.testing.assert_array_equal(copy.predict_proba(table), fitted.predict_proba(table))


def pickles(case: Case) -> None:
    fitted, table = case.fitted(case.table), case.table
    restored = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(restored.predict_proba(table), fitted.predict_proba(table))


def clips_that_lack_a_modality_are_told(case: Case) -> None:
    """Learned from complete clips, or from others: the modality that is left decides."""
    if not case.does_without:
        return
    table, mixed = case.table, case.table
    for modality, rows in LACKING.items():
        mixed = lacking(mixed, modality, rows)
    for modality, rows in LACKING.items():
        partly = lacking(table, modality, rows)
        alone = lacking(table, modality, list(range(len(table))))
        for training in (table, partly, mixed):
            fitted = case.fitted(training, WITH_DROPOUT)
            assert fitted.can_decide(partly).all()
            np.testing.assert_allclose(fitted.predict_proba(partly).sum(axis=1), 1)
            named = fitted.classes_[fitted.predict_proba(alone).argmax(axis=1)]
            if not case.learns_little:
                share = (named == table.labels).mean()
                assert share > 0.5, "the modality that is left knows, and chance is a third"


def what_stands_in_place_of_an_absent_modality_is_not_read(case: Case) -> None:
    """Never silent zeros: numbers in the rows of an absent modality change nothing."""
    if not case.does_without:
        return
    for modality, rows in LACKING.items():
        partly = lacking(case.table, modality, rows)
        zeros = partly.with_arrays({modality: np.nan_to_num(np.asarray(partly.arrays[modality]))})
        fitted = case.fitted(partly, WITH_DROPOUT)
        expected = fitted.predict_proba(partly)
        np.testing.assert_array_equal(fitted.predict_proba(zeros), expected)
        again = case.fitted(zeros, WITH_DROPOUT)
        assert again is not fitted
        np.testing.assert_array_equal(again.predict_proba(zeros), expected)


def clips_that_lack_a_modality_are_refused_by_whoever_has_not_met_one(case: Case) -> None:
    """What has never seen a clip without a modality refuses it, or has members to fall back on."""
    fitted = case.fitted(case.table)
    for modality, rows in LACKING.items():
        partly = lacking(case.table, modality, rows)
        if case.decides_without:
            np.testing.assert_allclose(fitted.predict_proba(partly).sum(axis=1), 1)
            continue
        assert np.flatnonzero(~fitted.can_decide(partly)).tolist() == rows
        first = re.escape(str(case.table.clips[rows[0]]))
        with pytest.raises(
            FeatureError, match=rf"no {modality} in {len(rows)} of \d+ clips .*{first}"
        ):
            fitted.predict_proba(partly)


def clips_that_lack_every_modality_are_refused(case: Case) -> None:
    nothing = lacking(lacking(case.table, "audio", [3]), "video", [3])
    expected = rf"no.* in 1 of \d+ clips \(first: {case.table.clips[3]}\)"
    with pytest.raises(FeatureError, match=expected):
        case.make(WITH_DROPOUT).fit(nothing)
    with pytest.raises(FeatureError, match=expected):
        case.fitted(case.table, WITH_DROPOUT).predict_proba(nothing)


def a_modality_that_never_shows_a_class_takes_none_away(case: Case) -> None:
    """Happy clips have no video in training: the classes are all there nevertheless."""
    if not case.does_without:
        return
    happy = np.flatnonzero(case.table.labels == LABELS[2]).tolist()
    fitted = case.fitted(lacking(case.table, "video", happy), WITH_DROPOUT)
    assert fitted.classes_.tolist() == list(LABELS)
    np.testing.assert_allclose(fitted.predict_proba(case.table).sum(axis=1), 1)


def numbers_that_are_not_finite_are_refused(case: Case) -> None:
    broken = np.array(case.table.arrays["video"])
    broken.reshape(len(broken), -1)[2, 1] = np.nan
    expected = (
        r"video features of 1 of \d+ clips are not finite "
        rf"\(first: {case.table.clips[2]}\)"
    )
    with pytest.raises(FeatureError, match=expected):
        case.make(SETTINGS).fit(case.table.with_arrays({"video": broken}))


def one_modality_is_nothing_to_fuse(case: Case) -> None:
    expected = r"features of \['audio'\]; expected two modalities: extract the other one"
    with pytest.raises(FeatureError, match=expected):
        case.make(SETTINGS).fit(case.table.select(["audio"]))


CHECKS: tuple[Callable[[Case], None], ...] = (
    probabilities_over_the_classes_it_has_seen,
    order_of_modalities_has_no_effect,
    order_of_clips_has_no_effect,
    other_clips_have_no_effect,
    fit_again_is_the_same_and_leaves_parameters_and_table_alone,
    pickles,
    clips_that_lack_a_modality_are_told,
    what_stands_in_place_of_an_absent_modality_is_not_read,
    clips_that_lack_a_modality_are_refused_by_whoever_has_not_met_one,
    clips_that_lack_every_modality_are_refused,
    a_modality_that_never_shows_a_class_takes_none_away,
    numbers_that_are_not_finite_are_refused,
    one_modality_is_nothing_to_fuse,
)


def check_fusion(case: Case) -> None:
    """Every check of the contract."""
    for check in CHECKS:
        check(case)
