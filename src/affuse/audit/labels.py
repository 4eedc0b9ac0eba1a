"""Whether a label can reach a feature: through an extractor, or in a table from elsewhere."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affuse.audit.findings import Finding
from affuse.errors import MissingDependency
from affuse.features.source import Source
from affuse.features.table import FeatureTable
from affuse.records import Modality
from affuse.registries import EXTRACTORS
from affuse.storage.plain_text import counted, first_few

TELLING = 0.99
"""From this F1 on, one column alone is said to tell an emotion apart from all others."""

_FITTING = ("fit", "fit_transform", "partial_fit")
_NAMES = frozenset({"class", "emotion", "label", "target", "y"})
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Column:
    """How well one column of features by itself predicts the emotions.

    Attributes
    ----------
    name : str
    f1 : mapping of str to float
        By emotion; as good as a tree with one leaf for each emotion can.
    """

    name: str
    f1: Mapping[str, float]

    @property
    def identified(self) -> tuple[str, ...]:
        """Emotions that it tells apart from all others."""
        return tuple(emotion for emotion, f1 in self.f1.items() if f1 >= TELLING)

    @property
    def best(self) -> float:
        """F1 of the emotion that it tells best."""
        return max(self.f1.values())


def extractors_finding(chosen: Iterable[Source]) -> Finding:
    """Whether any extractor, registered or chosen, has a way for labels to come in.

    Parameters
    ----------
    chosen : iterable of Source
        Those of the configuration.

    Returns
    -------
    Finding
    """
    kinds = _kinds() | {source.name: type(source) for source in chosen if source.path is None}
    ways = {name: way_in(kind) for name, kind in sorted(kinds.items())}
    open_ = {name: way for name, way in ways.items() if way}
    facts = {"extractors": sorted(kinds), "ways_in": open_}
    if open_:
        details = tuple(f"{name}: {way}" for name, way in open_.items())
        return Finding("extractors", "LEAK", "labels can reach an extractor", details, facts=facts)
    statement = f"none has a way for labels to come in ({', '.join(ways)})"
    return Finding("extractors", "OK", statement, facts=facts)


def way_in(kind: type) -> str:
    """How labels could reach an extractor of this class; empty where they cannot.

    Parameters
    ----------
    kind : type
        Of an extractor.

    Returns
    -------
    str

    Examples
    --------
    >>> class Learner:
    ...     def fit(self, frames, labels): ...
    >>> way_in(Learner)
    'it has fit'
    """
    fitting = [name for name in _FITTING if hasattr(kind, name)]
    if fitting:
        return f"it has {', '.join(fitting)}"
    taken = list(inspect.signature(kind.extract).parameters)[1:]  # type: ignore[attr-defined]
    if len(taken) != 1:
        return f"extract takes {', '.join(taken)}; expected what was decoded, and nothing else"
    return ""


def columns_findings(
    sources: Mapping[Modality, Source], table: FeatureTable
) -> dict[Modality, Finding]:
    """Columns of each table of features that predict the label perfectly, or are constant.

    Parameters
    ----------
    sources : mapping of Modality to Extractor or Precomputed
    table : FeatureTable

    Returns
    -------
    dict of Modality to Finding
        One for each modality that comes from a table.
    """
    return {
        modality: _columns_finding(source, source.path.name, table)
        for modality, source in sources.items()
        if source.path is not None and modality in table.modalities
    }


def columns(
    values: NDArray[np.float32], names: Iterable[str], labels: NDArray[np.int64], classes: Any
) -> list[Column]:
    """How well each column by itself predicts the emotions: (n_clips, n_features) -> n_features.

    A decision tree cuts the column into as many stretches as there are emotions, and sees all
    clips: enough for a code of the emotion, far too few to fit a measured feature
    heart.

    Parameters
    ----------
    values : (n_clips, n_features) float32
    names : iterable of str
        Of the columns.
    labels : (n_clips,) int64
    classes : object

    Returns
    -------
    list of Column
        One per column.

    Raises
    ------
    MissingDependency
        scikit-learn is not installed.

    Examples
    --------
    >>> labels = np.array([0, 1, 2] * 20)
    >>> chance = np.random.default_rng(0).normal(size=60)
    >>> values = np.stack([labels * 10.0, labels == 1, chance], axis=1).astype(np.float32)
    >>> found = columns(values, ["code", "is_calm", "pitch"], labels, ("sad", "calm", "angry"))
    >>> [column.identified for column in found]
    [('sad', 'calm', 'angry'), ('calm',), ()]
    """
    try:
        from sklearn.tree import DecisionTreeClassifier
    except ModuleNotFoundError as error:
        raise MissingDependency("scikit-learn", "train") from error
    present = np.unique(labels)
    found = []
    for name, column in zip(names, values.T, strict=True):
        tree = DecisionTreeClassifier(max_leaf_nodes=max(2, len(present)), random_state=0)
        guessed = tree.fit(column[:, None], labels).predict(column[:, None])
        found.append(Column(name, {classes[k]: _f1(labels == k, guessed == k) for k in present}))
    return found


def _columns_finding(source: Source, file: str, table: FeatureTable) -> Finding:
    array, rows = table.arrays[source.modality], table.present[source.modality]
    values = array.take(rows).flat()
    found = columns(values, source.columns, table.labels[rows], table.classes)
    identifying = [column for column in found if column.identified]
    constant = [n for n, v in zip(source.columns, values.T, strict=True) if np.ptp(v) == 0]
    named = [n for n in source.columns if n.lower() in _NAMES and n not in _names(identifying)]
    details = [f"{c.name} tells {', '.join(c.identified)} by itself" for c in identifying]
    details += [f"the same for every clip: {first_few(constant, _SHOWN)}"] if constant else []
    details += (
        [f"named like a label, though it tells none: {first_few(named, _SHOWN)}"] if named else []
    )
    best = max(found, key=lambda column: column.best)
    facts = {
        "file": file,
        "telling": {column.name: list(column.identified) for column in identifying},
        "constant": constant,
        "named_like_labels": named,
        "best_column": best.name,
        "best_f1": round(best.best, 4),
    }
    check = f"{source.modality} columns"
    if identifying:
        statement = f"{counted(len(identifying), 'column')} of {file} made from the emotion"
        details.append("no measured feature tells an emotion without error: remove the column")
        return Finding(check, "LEAK", statement, tuple(details), facts=facts)
    statement = (
        f"no column of {file} tells an emotion by itself (best of {len(found)}: "
        f"{best.name}, F1 {best.best:.2f}; a copy of the label has 1)"
    )
    return Finding(check, "NOTE" if details else "OK", statement, tuple(details), facts=facts)


def _kinds() -> dict[str, type]:
    """Class that each registered function is annotated to return, or the first; none is called."""
    kinds = {}
    for name, make in EXTRACTORS.load_all().entries.items():
        annotation = getattr(make, "__annotations__", {}).get("return")
        kind = (
            getattr(sys.modules[make.__module__], annotation.partition(" | ")[0], None)
            if isinstance(annotation, str)
            else annotation
        )
        if isinstance(kind, type):
            kinds[name] = kind
    return kinds


def _f1(truth: NDArray[np.bool_], guessed: NDArray[np.bool_]) -> float:
    return float(2 * np.sum(truth & guessed) / (np.sum(truth) + np.sum(guessed)))


def _names(found: Iterable[Column]) -> set[str]:
    return {column.name for column in found}
