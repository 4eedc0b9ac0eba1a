"""CREMA-D: people's votes on the voice learned in the place of acted emotions; and for whom.

usage: python benchmarks/soft_labels.py CREMA-D_FOLDER

The same clips, features (statistics of the voice), folds and models learn the acted emotion and
the shares of the votes; differences are paired, 95 % intervals over speakers. Then one logistic
regression on all clips, by sex and by age.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np

from affuse import load_config, run
from affuse.evaluation.systems import OutOfFold
from affuse.features.table import FeatureTable
from affuse.result import Result
from affuse.tasks.intervals import speaker_draws
from affuse.tasks.metrics import confusion, uar_of
from affuse.tasks.voted import cross_entropies, majorities

MODELS = [{"name": "logistic"}, {"name": "cnn1d", "params": {"epochs": 30}}]
N_RESAMPLES = 2000

Sums = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Rows of a table and probabilities of them -> one sum for each speaker, in the order of names."""


def main(folder: str) -> None:
    """Print the three tables."""
    two = {"data.emotions": ["happy", "sad"], "data.votes": "voice"}
    acted, voted = (_run(folder, target=target, **two) for target in ("emotion", "votes"))
    print(f"happy and sad, clips with three votes for these: {acted.headline()}")
    for note in voted.notes:
        print(f"  {note}")
    _compared(acted, voted)
    everything = _run(folder, target="votes")
    print(f"\nall clips, every emotion that people told an answer: {everything.headline()}")
    for note in everything.notes:
        print(f"  {note}")
    _among_acted(_run(folder, **{"data.emotions": ["happy", "sad"]}), everything)
    whole = _run(
        folder,
        models=MODELS[:1],
        **{"data.emotions": ["happy", "sad"], "evaluation.by": ["sex", "age"]},
    )
    print(f"\nfor whom, acted emotions: {whole.headline()}")
    shown = whole.by_group.figures
    for row in shown.to_dict("records"):
        among = f"[{100 * row['uar_low']:.1f}, {100 * row['uar_high']:.1f}]"
        size = f"{row['n_clips']} clips of {row['n_speakers']} speakers"
        print(f"  {row['by']:<5}{row['group']:<14}{100 * row['uar']:>6.1f} {among:<15}{size}")
    for sentence in whole.gaps():
        print(f"  {sentence}")


def _run(folder: str, **settings: object) -> Result:
    named = {
        "data.path": folder, "features.audio": "voice_statistics", "features.video": "none",
        "models": MODELS, "bundle.enabled": False, "jobs": 1,
    }  # fmt: skip
    return run(load_config("quick", overrides={**named, **settings}))


def _compared(acted: Result, voted: Result) -> None:
    """Figures of models that learned acted emotions and votes, and the paired differences."""
    table = voted.table
    assert list(acted.table.clips) == list(table.clips)
    for model in ("Logistic", "1D CNN"):
        first, second = (_of(result, model) for result in (acted, voted))
        print(f"  {model}: learned acted emotions, learned votes, difference")
        for name, figure in _FIGURES.items():
            _print(name, *_paired(figure, table, (first, second)))


def _among_acted(acted: Result, everything: Result) -> None:
    """UAR against the acted emotion, among happy and sad alone."""
    table, rows = acted.table, np.arange(len(acted.table))
    places = {clip: row for row, clip in enumerate(everything.table.clips.tolist())}
    columns = [everything.table.classes.index(name) for name in table.classes]
    for model in ("Logistic", "1D CNN"):
        first, found = _of(acted, model), _of(everything, model)
        every = np.zeros_like(everything.table.shares)
        every[found.rows] = found.outputs
        own = every[np.ix_([places[clip] for clip in table.clips.tolist()], columns)]
        ordered = np.zeros_like(own)
        ordered[first.rows] = first.outputs
        print(f"  {model}: learned acted emotions, learned votes on all, difference")
        outputs = ((rows, ordered), (rows, own))
        _print("UAR against acted", *_differences(_FIGURES["UAR against acted"], table, outputs))


def _of(result: Result, model: str) -> OutOfFold:
    return next(
        e.out_of_fold for e in result.evaluated if e.out_of_fold.system.model.startswith(model)
    )


def _paired(figure, table: FeatureTable, found: tuple[OutOfFold, OutOfFold]):
    return _differences(figure, table, tuple((each.rows, each.outputs) for each in found))


def _differences(figure, table: FeatureTable, outputs):
    """Figure of each, and draws of the difference of the second to the first."""
    sums = [figure(table, *each) for each in outputs]
    times = speaker_draws(len(sums[0][0]), N_RESAMPLES, 0).astype(float)
    of = sums[0][1]
    values = [float(of(each.sum(axis=0)[None])[0]) for each, _ in sums]
    drawn = [of(np.tensordot(times, each, axes=1)) for each, _ in sums]
    return values, np.percentile(drawn[1] - drawn[0], [2.5, 97.5])


def _uar(truth_of):
    def sums(table: FeatureTable, rows, outputs):
        truth, names = truth_of(table)[rows], table.speakers[rows]
        has = truth >= 0
        n = len(table.classes)
        each = [
            confusion(truth[own], outputs[own].argmax(axis=1), n)
            if own.any() else np.zeros((n, n))
            for own in (has & (names == name) for name in np.unique(table.speakers))
        ]  # fmt: skip
        return np.array(each, float), uar_of

    return sums


def _cross_entropy(table: FeatureTable, rows, outputs):
    costs, names = cross_entropies(table.shares[rows], outputs), table.speakers[rows]
    each = [(costs[names == n].sum(), (names == n).sum()) for n in np.unique(table.speakers)]
    return np.array(each), lambda sums: sums[:, 0] / sums[:, 1]


_FIGURES = {
    "UAR against acted": _uar(lambda table: table.labels),
    "UAR against majority": _uar(lambda table: majorities(table.votes)),
    "cross-entropy": _cross_entropy,
}


def _print(name: str, values, bounds) -> None:
    scale, decimals = (1, 3) if name == "cross-entropy" else (100, 1)
    first, second, low, high = (scale * v for v in (*values, *bounds))
    print(
        f"    {name:<22}{first:>8.{decimals}f}{second:>8.{decimals}f}"
        f"{second - first:>+9.{decimals}f} [{low:.{decimals}f}, {high:.{decimals}f}]"
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
