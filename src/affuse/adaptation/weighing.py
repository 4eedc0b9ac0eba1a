"""How much each member counts, fitted on clips that have outputs of several members."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from affuse.adaptation.recalibrating import balanced
from affuse.bundle.bundle import Bundle
from affuse.bundle.decision import decide
from affuse.bundle.manifest import Manifest
from affuse.bundle.member import Member
from affuse.fusion.rule import rule_named
from affuse.probabilities import FLOOR

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

SHRINKAGES = (100.0, 10.0, 1.0)
"""Penalties to choose from, on the squared logarithm of a factor, in units of twice the log loss of
one clip."""

_FARTHEST = 3.0


def choose_weights(
    bundle: Bundle, rows: Mapping[str, Floats], labels: Rows, folds: Rows
) -> tuple[Manifest, float]:
    """A manifest with the weights of its members, its priors' powers and its temperature fitted.

    Parameters
    ----------
    bundle : Bundle
    rows : mapping of str to (n_clips, n_own_classes) float64
        Recalibrated, by what was not fitted to these clips; NaN where a member says nothing.
    labels : (n_clips,) int64
        Positions of the true emotions among the bundle's classes.
    folds : (n_clips,) int64
        Fold of each clip.

    Returns
    -------
    Manifest
        As it was where no shrinkage did better than changing nothing on folds that were not
        fitted to, or fewer than two members say something of the same clips.
    shrinkage : float
        Infinite there.
    """
    manifest, nothing = bundle.manifest, (bundle.manifest, float("inf"))
    several = np.sum([~np.isnan(own[:, 0]) for own in rows.values()], axis=0) > 1
    if not several.any() or len(np.unique(labels[several])) < 2:
        return nothing
    rows = {name: own[several] for name, own in rows.items()}
    labels, folds = labels[several], folds[several]
    fit = _Fit(bundle, rows, labels)
    least, best = fit.loss(np.zeros(fit.n_factors)), float("inf")
    for shrinkage in SHRINKAGES:
        loss = fit.held_out_loss(folds, shrinkage)
        if loss < least:
            least, best = loss, shrinkage
    if best == float("inf"):
        return nothing
    return _weighed(manifest, fit.factors(best)), best


class _Fit:
    """Members' rows and true emotions -> factors of the fusion's constants."""

    def __init__(self, bundle: Bundle, rows: Mapping[str, Floats], labels: Rows) -> None:
        members = tuple(_bare(member) for member in bundle.manifest.members)
        manifest = bundle.manifest.model_copy(update={"members": members})
        self._bundle, self._rows, self._labels = replace(bundle, manifest=manifest), rows, labels
        self.n_factors = len(_names(manifest))

    def loss(self, logs: Floats) -> float:
        """Mean log loss at these log factors, with every emotion counting alike."""
        return float(np.average(self._losses(logs), weights=balanced(self._labels)))

    def factors(self, shrinkage: float) -> Floats:
        """Log factors of least log loss, shrunk to 0."""
        n = len(self._labels)

        def penalised(logs: Floats) -> float:
            return n * self.loss(logs) + shrinkage / 2 * float((logs**2).sum())

        bounds = [(-_FARTHEST, _FARTHEST)] * self.n_factors
        return np.asarray(minimize(penalised, np.zeros(self.n_factors), bounds=bounds).x)

    def held_out_loss(self, folds: Rows, shrinkage: float) -> float:
        """Log loss on each fold at the factors that were fitted to the others."""
        losses = self._losses(np.zeros(self.n_factors))
        for fold in np.unique(folds):
            train = self._part(folds != fold)
            if len(np.unique(train._labels)) > 1:
                losses[folds == fold] = self._part(folds == fold)._losses(train.factors(shrinkage))
        return float(np.average(losses, weights=balanced(self._labels)))

    def _part(self, chosen: NDArray[np.bool_]) -> _Fit:
        rows = {name: own[chosen] for name, own in self._rows.items()}
        return _Fit(self._bundle, rows, self._labels[chosen])

    def _losses(self, logs: Floats) -> Floats:
        weighed = replace(self._bundle, manifest=_weighed(self._bundle.manifest, logs))
        fused = decide(weighed, self._rows)
        right = fused[np.arange(len(self._labels)), self._labels]
        return np.asarray(-np.log(np.maximum(right, FLOOR)))


def _bare(member: Member) -> Member:
    """The member without its recalibration, which was applied to its rows already."""
    return member.model_copy(update={"recalibration": None})


def _names(manifest: Manifest) -> list[tuple[str, str]]:
    """Constants of the fusion that are fitted: name of the member, name of the constant."""
    rule = rule_named(manifest.fusion.rule)
    names = [] if rule.likelihoods else [("", "temperature")]
    for member in manifest.members:
        names += [(member.name, "weight")] if rule.likelihoods or rule.takes_weights else []
        names += [(member.name, "prior_power")] if rule.likelihoods and member.prior else []
    return names


def _weighed(manifest: Manifest, logs: Floats) -> Manifest:
    """The manifest with each constant multiplied by the exponential of its logarithm."""
    factors = dict(zip(_names(manifest), np.exp(logs).tolist(), strict=True))

    def of(part: Member) -> Member:
        own = {name: f for (whose, name), f in factors.items() if whose == part.name}
        return part.model_copy(update={name: getattr(part, name) * f for name, f in own.items()})

    fusion = manifest.fusion
    temperature = fusion.temperature * factors.get(("", "temperature"), 1.0)
    return manifest.model_copy(
        update={
            "members": tuple(map(of, manifest.members)),
            "fusion": fusion.model_copy(update={"temperature": temperature}),
        }
    )
