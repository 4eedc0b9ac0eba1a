"""Whether a bundle gives the same outputs as the system it was made from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from affuse.bundle.bundle import Bundle
from affuse.bundle.decision import decide, outputs_of_members
from affuse.bundle.numbers import decide_numbers
from affuse.bundle.refit import Refitted
from affuse.features.table import FeatureTable
from affuse.models.graphs.builder import NotExportable
from affuse.tasks.choice import task_of

TOLERANCE = 1e-4
"""By how much a probability of the bundle may differ from the system's own, or a number in its
standard deviations."""

_CHECKED_CLIPS = 24


def refuse_deviation(bundle: Bundle, fitted: Refitted, raw: FeatureTable) -> None:
    """Refuse a bundle whose outputs deviate from those of its system.

    Parameters
    ----------
    bundle : Bundle
    fitted : Refitted
    raw : FeatureTable
        The same clips, with features as the extractors give them.

    Raises
    ------
    NotExportable
        A probability differs by more than `TOLERANCE` on some clips of the run, complete or
        without a modality.
    """
    manifest = bundle.manifest
    plain = manifest.fusion.model_copy(update={"temperature": 1.0})
    same = replace(bundle, manifest=manifest.model_copy(update={"fusion": plain}))
    spread = np.linspace(0, len(fitted.rows) - 1, min(_CHECKED_CLIPS, len(fitted.rows)))
    rows = fitted.rows[np.unique(spread.astype(int))]
    modalities, known = fitted.table.modalities, fitted.estimator.classes_
    scale = np.maximum(fitted.table.values.std(axis=0), 1e-12) if manifest.targets else 1.0
    for left_out in (None, *(modalities if len(modalities) > 1 else ())):
        table = _without(fitted.table.take(rows), left_out)
        decidable = np.flatnonzero(_can_decide(fitted, table))
        if not len(decidable):
            continue
        features = _without(raw.select(modalities).take(rows[decidable]), left_out)
        expected = task_of(table).outputs(fitted.estimator, table.take(decidable))
        by_member = outputs_of_members(same, _shaped(same, features))
        if manifest.targets:
            expected, found = expected / scale, decide_numbers(same, by_member) / scale
        else:
            expected, found = expected[:, known], decide(same, by_member)
        worst = float(np.abs(found - expected).max())
        if not worst <= TOLERANCE:
            what = "number" if manifest.targets else "probability"
            raise NotExportable(
                f"its graphs differ from it by {worst:.2g} in a {what} (up to {TOLERANCE:g} "
                "is allowed)"
            )


def _can_decide(fitted: Refitted, table: FeatureTable) -> NDArray[np.bool_]:
    some = np.any([table.present[m] for m in table.modalities], axis=0)
    return np.asarray(fitted.estimator.can_decide(table) & some)


def _without(table: FeatureTable, modality: str | None) -> FeatureTable:
    """The table with one modality absent from every clip."""
    arrays = {m: np.array(table.arrays[m]) for m in table.modalities}
    present = dict(table.present)
    if modality is not None:
        arrays[modality][:] = np.nan
        present[modality] = np.zeros(len(table), bool)
    return replace(table.with_arrays(arrays), present=present)


def _shaped(bundle: Bundle, table: FeatureTable) -> dict[str, NDArray[np.float32]]:
    """Features of each modality in the shape that its extractor gives."""
    shapes = {m: s.shape for member in bundle.manifest.members for m, s in member.features.items()}
    return {m: table.arrays[m].whole().reshape(len(table), *shape) for m, shape in shapes.items()}
