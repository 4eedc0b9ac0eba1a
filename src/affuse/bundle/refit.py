"""A system of a run, fitted once more on all clips, for use in prediction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affuse.evaluation.fold_task import in_clip_order, scored_rows
from affuse.evaluation.learned_features import LearnedFeatures, fitted_layer, layer_features
from affuse.evaluation.systems import System, derived_seed
from affuse.features.table import FeatureTable
from affuse.fusion.graphs import FeaturesToGraph
from affuse.models.fit_cache import FitCache
from affuse.models.graphs.builder import NotExportable
from affuse.workers.threads import libraries_on_one_thread

TransformerFactories = Mapping[str, Callable[[int], Any]]
"""Modality -> (seed -> unfitted transformer): features that are learned."""

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Refitted:
    """A system that was fitted on all clips that it can learn from.

    Attributes
    ----------
    estimator : fitted estimator over a FeatureTable
    feature_layers : mapping of modality to fitted transformer
    table : FeatureTable
        All clips, with features as the estimator takes them.
    rows : (n,) int
        Rows of the table that the estimator was fitted on.
    trained_rows : (n,) int
        Rows that anything was fitted on, learned features included.
    """

    estimator: Any
    feature_layers: Mapping[str, Any]
    table: FeatureTable
    rows: Rows
    trained_rows: Rows


def refitted(
    system: System, table: FeatureTable, preparation: TransformerFactories, seed: int
) -> Refitted:
    """A system fitted on all clips, just as in a fold, inner folds included.

    Parameters
    ----------
    system : System
    table : FeatureTable
        With features as the extractors give them.
    preparation : mapping of modality to function of a seed
    seed : int
        Of the run.

    Returns
    -------
    Refitted
    """
    own = table.select(system.modalities)
    rows = in_clip_order(own, np.arange(len(own)))
    modalities = sorted(set(preparation) & set(own.modalities))

    def build(modality: str) -> Any:
        return preparation[modality](derived_seed(seed, "bundle", modality))

    with libraries_on_one_thread():
        layers = {m: fitted_layer(build(m), own, m, rows) for m in modalities}
        learned = own.with_arrays({m: layer_features(layers[m], own, m) for m in modalities})
        fit_cache = FitCache(LearnedFeatures(own, build, modalities) if modalities else None)
        training = scored_rows(learned, system, rows)
        unfitted = system.build(derived_seed(seed, "bundle"))
        estimator = fit_cache.fitted(unfitted, learned.take(training))
    present = np.any([own.present[name] for name in own.modalities], axis=0)
    trained_rows = rows[present[rows]] if layers else training
    return Refitted(estimator, layers, learned, training, trained_rows)


def refuse_unknown_preparation(system: System, preparation: TransformerFactories) -> None:
    """Refuse, before anything is fitted, learned features that no graph can stand for.

    Parameters
    ----------
    system : System
    preparation : mapping of modality to function of a seed

    Raises
    ------
    NotExportable
        A transformer has no ``features_to_graph``: features that are cross-fitted, say, come from
        several networks.
    """
    for modality in sorted(set(preparation) & set(system.modalities)):
        learner = preparation[modality](0)
        if not isinstance(learner, FeaturesToGraph):
            raise NotExportable(
                f"its {modality} features are learned by {type(learner).__name__}, and no graph "
                "stands for that"
            )
