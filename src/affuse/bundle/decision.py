"""Members' outputs, each over its own classes -> one row of probabilities per clip."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.bundle.bundle import Bundle
from affuse.bundle.manifest import Manifest
from affuse.bundle.member import Member
from affuse.bundle.numbers import member_numbers
from affuse.bundle.recalibration import recalibrated
from affuse.bundle.stackers import stackers_of
from affuse.errors import BundleError
from affuse.fusion.combine import (
    combine,
    combined_probabilities,
    stacked,
)
from affuse.fusion.rule import rule_named
from affuse.probabilities import FLOOR, check_probabilities

Floats = NDArray[np.float64]
Features = NDArray[np.float32]


def member_probabilities(bundle: Bundle, name: str, inputs: Mapping[str, ArrayLike]) -> Floats:
    """Calibrated probabilities of one member for each row.

    Parameters
    ----------
    bundle : Bundle
    name : str
        Of the member.
    inputs : mapping of str to array
        Input of its graph -> rows, (n, ...). NaN stands for an absent modality where the member
        does without one.

    Returns
    -------
    (n, n_own_classes) float64
        Rows sum to 1.

    Raises
    ------
    BundleError
        No such member, or inputs that are not its graph's.
    """
    member = _member(bundle.manifest, name)
    return calibrated(member, bundle.run(member.graph, inputs))


def calibrated(
    member: Member,
    probabilities: Floats,
    distances: Floats | None = None,
    qualities: Floats | None = None,
) -> Floats:
    """A graph's output, checked and calibrated for people whom it was not trained on.

    Parameters
    ----------
    member : Member
    probabilities : (n, n_own_classes) float64
    distances : (n,) float64, optional
        How far the clips are from the member's training; as usual where they are not known.
    qualities : (n,) float64, optional
        How well the clips can be seen; well enough where that is not known.

    Returns
    -------
    (n, n_own_classes) float64
        Rows sum to 1.

    Raises
    ------
    BundleError
        They are no probabilities of its classes.
    """
    if probabilities.ndim != 2 or probabilities.shape[1] != len(member.classes):
        raise BundleError(
            f"{member.graph} gave probabilities of shape {probabilities.shape}; its member "
            f"{member.name!r} has {len(member.classes)} classes: get the bundle anew"
        )
    _refuse_senseless(member.graph, probabilities)
    rows = _of_people_not_met(member, probabilities, distances)
    if member.image_quality is None or qualities is None:
        return rows
    return _seen(member, rows, member.image_quality.weights(qualities))


def _of_people_not_met(member: Member, probabilities: Floats, distances: Floats | None) -> Floats:
    declines = member.familiarity is not None and member.familiarity.decline > 0
    if not member.doubt and (distances is None or not declines):
        return tempered(probabilities, member.temperature)
    sums = probabilities.sum(axis=1, keepdims=True)
    return _to_power(probabilities / sums, member.powers(probabilities / sums, distances))


def _seen(member: Member, rows: Floats, weights: Floats) -> Floats:
    """Rows, of which what can hardly be seen tends to what tells nothing in a product."""
    prior = np.array([member.prior.get(own, 1.0) for own in member.classes])
    nothing = member.prior_power * np.log(prior)
    share = weights[:, None]
    logs = share * np.log(np.maximum(rows, FLOOR)) + (1 - share) * nothing
    weaker = _normalised(np.exp(logs - logs.max(axis=1, keepdims=True)))
    return np.where(share < 1, weaker, rows)


def member_outputs(bundle: Bundle, name: str, inputs: Mapping[str, ArrayLike]) -> Floats:
    """What one member gives each row: probabilities, or numbers in a bundle of numbers.

    Parameters
    ----------
    bundle : Bundle
    name : str
        Of the member.
    inputs : mapping of str to array
        Input of its graph -> rows, (n, ...).

    Returns
    -------
    (n, n_outputs) float64

    Raises
    ------
    BundleError
        As `member_probabilities` or `member_numbers`.
    """
    asked = member_numbers if bundle.manifest.targets else member_probabilities
    return asked(bundle, name, inputs)


def outputs_of_members(
    bundle: Bundle, features: Mapping[str, ArrayLike | None]
) -> dict[str, Floats]:
    """Outputs of every member for clips whose features are there, for bundles of a run.

    Parameters
    ----------
    bundle : Bundle
        Its graphs take features by modality.
    features : mapping of modality to (n, ...) array or None
        As the bundle's extractors give them, clip by clip; NaN where a clip lacks the modality,
        None where all do.

    Returns
    -------
    dict of str to (n, n_own_classes) float64
        By member; a row is NaN where the member has no output. Ready for `decide`.

    Raises
    ------
    BundleError
        No features at all, or of a shape that is not the graph's.
    """
    arrays = {m: np.asarray(rows, np.float32) for m, rows in features.items() if rows is not None}
    if not arrays:
        raise BundleError("no features were given; expected those of one modality at least")
    n = len(next(iter(arrays.values())))
    return {
        member.name: _own_outputs(bundle, member, arrays, n) for member in bundle.manifest.members
    }


def decide(bundle: Bundle, probabilities: Mapping[str, ArrayLike | None]) -> Floats:
    """Fuse the members' probabilities.

    Parameters
    ----------
    bundle : Bundle
    probabilities : mapping of str to (n, n_own_classes) array or None
        Member -> what it says, as `member_probabilities` gives it. None, or a row of NaN: it says
        nothing, and the others decide.

    Returns
    -------
    (n, n_classes) float64
        Rows sum to 1. A row is NaN where no member has an output; one row, where all are None.

    Raises
    ------
    BundleError
        A name that is no member's, or a shape that is not its classes'.
    FeatureError
        Numbers that are no probabilities.

    Notes
    -----
    The output of an adapted member is recalibrated first, whatever other members there are.

    Where several members have outputs, a product takes each one's likelihood: its probabilities
    divided by its prior to the power of `prior_power`, in full for every class that its own class
    may mean, to the power of its weight. Classes that compete as one have one likelihood, the sum
    of theirs; what they come to together is divided as their member divides it. Alone, or in a rule
    that is no product, a member divides its probability by its shares.
    """
    manifest = bundle.manifest
    for name in probabilities:
        _member(manifest, name)
    own = {member.name: _own(member, probabilities.get(member.name)) for member in manifest.members}
    lengths = {len(rows) for rows in own.values() if rows is not None}
    if len(lengths) > 1:
        raise BundleError(f"members gave {sorted(lengths)} rows; expected the same clips from each")
    n = lengths.pop() if lengths else 1
    silent = {member.name: np.full((n, len(member.classes)), np.nan) for member in manifest.members}
    shared, likely = [], []
    for member in manifest.members:
        rows = own[member.name]
        rows = silent[member.name] if rows is None else rows
        shared.append(rows @ _shares(manifest, member))
        likely.append(_likelihood(manifest, member, rows))
    fused = _fused(bundle, shared, likely)
    together = ~np.isnan(np.stack(shared)[:, :, 0]).any(axis=0)
    fused[together] = tempered(fused[together], manifest.fusion.temperature)
    return fused


def meanings(manifest: Manifest, member: Member) -> Floats:
    """Which groups of classes each of a member's own classes may mean.

    Parameters
    ----------
    manifest : Manifest
    member : Member

    Returns
    -------
    (n_own_classes, n_groups) float64
        0 or 1.
    """
    return np.array(
        [
            [float(bool(set(group) & set(member.means(own)))) for group in manifest.groups]
            for own in member.classes
        ]
    )


def _own_outputs(bundle: Bundle, member: Member, arrays: Mapping[str, Features], n: int) -> Floats:
    shapes = {m: source.shape for m, source in member.features.items()}
    absent = {m: np.full((n, *shape), np.nan, np.float32) for m, shape in shapes.items()}
    inputs: dict[str, Features] = {m: arrays.get(m, absent[m]) for m in member.modalities}
    present = np.stack([~np.isnan(values.reshape(n, -1)[:, 0]) for values in inputs.values()])
    rows = np.flatnonzero(present.all(axis=0) if member.needs_all else present.any(axis=0))
    probabilities = np.full((n, len(member.classes)), np.nan)
    if len(rows):
        chosen: dict[str, ArrayLike] = {m: values[rows] for m, values in inputs.items()}
        probabilities[rows] = member_outputs(bundle, member.name, chosen)
    return probabilities


def _fused(bundle: Bundle, shared: list[Floats], likely: list[Floats]) -> Floats:
    fusion = bundle.manifest.fusion
    rule, stack = rule_named(fusion.rule), np.stack(shared)
    weights = [member.weight for member in bundle.manifest.members]
    if rule.likelihoods:
        fused = combined_probabilities(stack, fusion.rule)
        several = np.flatnonzero((~np.isnan(stack[:, :, 0])).sum(axis=0) > 1)
        if len(several):
            parts = [
                _normalised(rows[several] ** weight)
                for rows, weight in zip(likely, weights, strict=True)
            ]
            of_several = [rows[several] for rows in shared]
            fused[several] = _divided(bundle.manifest, combine(parts, fusion.rule), of_several)
        return fused
    fused = combined_probabilities(stack, fusion.rule, weights if rule.takes_weights else None)
    return stacked(fused, shared, stackers_of(bundle, _refuse_senseless))


def _divided(manifest: Manifest, joint: Floats, shared: list[Floats]) -> Floats:
    """Probabilities of groups (n, n_groups) divided among their classes, (n, n_classes)."""
    names = [member.name for member in manifest.members]
    divided_by = {each.classes: each.divided_by for each in manifest.fusion.together}
    found = np.zeros((len(joint), len(manifest.classes)))
    for number, group in enumerate(manifest.groups):
        columns = [manifest.classes.index(name) for name in group]
        parts = np.ones((len(joint), 1))
        if len(group) > 1:
            own = shared[names.index(divided_by[group])][:, columns]
            others = np.nanmean([rows[:, columns] for rows in shared], axis=0)
            parts = np.maximum(np.where(np.isnan(own), others, own), FLOOR)
        found[:, columns] = joint[:, [number]] * _normalised(parts)
    return found


def _refuse_senseless(graph: str, probabilities: Floats) -> None:
    """Refuse what cannot be probabilities: NaN, negative numbers, rows of zeros."""
    if not (
        np.isfinite(probabilities).all()
        and (probabilities >= 0).all()
        and (probabilities.sum(axis=-1) > 0).all()
    ):
        raise BundleError(
            f"{graph} gave numbers that are no probabilities (not finite, negative, or all 0); "
            "expected rows that sum to 1: get the bundle anew"
        )


def _member(manifest: Manifest, name: str) -> Member:
    try:
        return manifest.member(name)
    except KeyError as error:
        names = ", ".join(member.name for member in manifest.members)
        raise BundleError(
            f"member {name!r} was given; bundle {manifest.name!r} has {names}"
        ) from error


def _own(member: Member, probabilities: ArrayLike | None) -> Floats | None:
    if probabilities is None:
        return None
    rows = np.asarray(probabilities, np.float64)
    if rows.ndim != 2 or rows.shape[1] != len(member.classes):
        raise BundleError(
            f"member {member.name!r} was given probabilities of shape {rows.shape}; expected "
            f"(n, {len(member.classes)}), in the order {', '.join(member.classes)}"
        )
    check_probabilities(rows, f"what member {member.name!r} says")
    return recalibrated(member, rows)


def _shares(manifest: Manifest, member: Member) -> Floats:
    """How each own class is divided among the bundle's: (n_own_classes, n_classes)."""
    matrix = np.zeros((len(member.classes), len(manifest.classes)))
    for row, own in enumerate(member.classes):
        for name, share in member.shares(own).items():
            matrix[row, manifest.classes.index(name)] += share
    return matrix


def _likelihood(manifest: Manifest, member: Member, rows: Floats) -> Floats:
    """Likelihood of each group of classes given the member's output, up to a factor."""
    prior = np.array([member.prior.get(own, 1.0) for own in member.classes])
    likely = rows * prior**-member.prior_power
    return _normalised(np.maximum(likely @ meanings(manifest, member), FLOOR))


def tempered(rows: Floats, temperature: float) -> Floats:
    """Probabilities to the power of 1 / temperature, normalised.

    Parameters
    ----------
    rows : (n, n_classes) float64
    temperature : float

    Returns
    -------
    (n, n_classes) float64
        Rows sum to 1.
    """
    if temperature == 1:
        return _normalised(rows)
    logs = np.log(np.maximum(rows, FLOOR)) / temperature
    return _normalised(np.exp(logs - logs.max(axis=1, keepdims=True)))


def _to_power(rows: Floats, powers: Floats) -> Floats:
    """Rows of probabilities, each raised to its power and normalised."""
    logs = np.log(np.maximum(rows, FLOOR)) * powers[:, None]
    return _normalised(np.exp(logs - logs.max(axis=1, keepdims=True)))


def _normalised(rows: Floats) -> Floats:
    return np.asarray(rows / rows.sum(axis=1, keepdims=True))
