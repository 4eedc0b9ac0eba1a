"""How often ways to compare two systems over few speakers are wrong, and what they see.

usage: python benchmarks/comparisons.py [--runs 1000]

Two systems are simulated on speakers with a few clips of each emotion. Printed for each way: the
share of runs in which alike systems are called different (0.05 is promised), the share of runs
whose interval holds the true difference (0.95 is promised), and how often a difference of 30
points is seen, alone and as one of twelve comparisons.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from affuse.tasks.significance import difference_test, swap_p_values

Floats = NDArray[np.float64]
Found = tuple[float, float, float]
"""Bounds and p value; NaN for what a way does not give."""

N_RESAMPLES, N_COMPARISONS, DIFFERENCE = 1000, 12, 0.3
DESIGNS = ((6, 8, 7, 0.0), (6, 8, 7, 0.1), (6, 8, 7, 0.25), (6, 4, 2, 0.1), (18, 8, 7, 0.1))
"""Speakers, emotions, clips of each emotion and speaker, scatter of the speakers' differences."""


def gains_of(rng: np.random.Generator, design: tuple[int, int, int, float], true: float) -> Floats:
    """Gains of one system over another: (n_speakers, n_emotions, n_clips)."""
    n_speakers, n_emotions, n_clips, scatter = design
    shape = (n_speakers, n_emotions, n_clips)
    hard = rng.uniform(0.4, 0.6, (n_speakers, 1, 1)) + rng.normal(0, 0.05, (1, n_emotions, 1))
    half = (true + scatter * rng.standard_normal((n_speakers, 1, 1))) / 2
    right, other = (rng.uniform(size=shape) < hard + sign * half for sign in (1, -1))
    return right.astype(np.float64) - other


def mixed(gains: Floats, rng: np.random.Generator) -> Found:
    """The test of affuse."""
    speakers, emotions, _ = np.indices(gains.shape).reshape(3, -1)
    found = difference_test(gains.ravel(), emotions, speakers)
    return found.low, found.high, found.p


def swapped(gains: Floats, rng: np.random.Generator) -> Found:
    """Systems swapped for whole speakers."""
    return np.nan, np.nan, float(swap_p_values(gains.mean(axis=(1, 2))[:, None])[0])


def over_speakers(gains: Floats, rng: np.random.Generator) -> Found:
    """Percentiles of a bootstrap over speakers."""
    means = gains.mean(axis=(1, 2))
    return _percentiles(means[rng.integers(len(means), size=(N_RESAMPLES, len(means)))].mean(1))


def over_both(gains: Floats, rng: np.random.Generator) -> Found:
    """Percentiles of a bootstrap over speakers, and over the clips of each that was drawn."""
    clips = gains.reshape(len(gains), -1)
    n_speakers, n_clips = clips.shape
    who = rng.integers(n_speakers, size=(N_RESAMPLES, n_speakers, 1))
    which = rng.integers(n_clips, size=(N_RESAMPLES, n_speakers, n_clips))
    return _percentiles(clips[who, which].mean(axis=(1, 2)))


def _percentiles(draws: Floats) -> Found:
    low, high = np.percentile(draws, [2.5, 97.5])
    p = 2 * min((draws <= 0).mean(), (draws >= 0).mean())
    return float(low), float(high), max(float(p), 1 / len(draws))


WAYS: Mapping[str, Callable[[Floats, np.random.Generator], Found]] = {
    "swaps of whole speakers": swapped,
    "bootstrap over speakers": over_speakers,
    "bootstrap over both": over_both,
    "mixed model (affuse)": mixed,
}


def main(n_runs: int) -> None:
    """Print a block for each design."""
    for design in DESIGNS:
        n_speakers, n_emotions, n_clips, scatter = design
        print(
            f"\n{n_speakers} speakers, {n_emotions} emotions, {n_clips} clips of each, speakers' "
            f"differences scatter by {100 * scatter:.0f} points\n"
            f"{'':<26}{'false alarms':>13}{'coverage':>10}{'sees 30':>9}{'of twelve':>11}"
        )
        for name, way in WAYS.items():
            print(f"{name:<26}{_figures(way, design, n_runs)}")


def _figures(
    way: Callable[[Floats, np.random.Generator], Found],
    design: tuple[int, int, int, float],
    n_runs: int,
) -> str:
    rng = np.random.default_rng(0)
    alike = np.array([way(gains_of(rng, design, 0.0), rng) for _ in range(n_runs)])
    apart = np.array([way(gains_of(rng, design, DIFFERENCE), rng) for _ in range(n_runs)])
    inside = np.mean((apart[:, 0] <= DIFFERENCE) & (apart[:, 1] >= DIFFERENCE))
    coverage = "" if np.isnan(apart[0, 0]) else f"{inside:.3f}"
    alarms, seen = np.mean(alike[:, 2] < 0.05), np.mean(apart[:, 2] < 0.05)
    corrected = np.mean(N_COMPARISONS * apart[:, 2] < 0.05)
    return f"{alarms:>13.3f}{coverage:>10}{seen:>9.3f}{corrected:>11.3f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000)
    main(parser.parse_args().runs)
