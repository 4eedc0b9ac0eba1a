"""Fusions by name: which there are, which a run asks for, and the estimator of one."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Any

from affuse.config import FusionConfig, ModelConfig
from affuse.errors import ConfigError, MissingDependency
from affuse.fusion.family import LEVELS, Family
from affuse.registries import FUSIONS


def fusion_names() -> tuple[str, ...]:
    """Names of all fusions, feature-level ones first; entries that cannot be loaded left out.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> fusion_names()[:2]
    ('early', 'early balanced')
    """
    found = FUSIONS.load_all().entries
    ordered = sorted(found, key=lambda name: (LEVELS.index(found[name].level), name))
    return tuple(_joined(name, detail) for name in ordered for detail in found[name].details())


def family_of(name: str) -> tuple[Family, str]:
    """The family of a fusion, and the detail in its name.

    Parameters
    ----------
    name : str
        Such as "early", "late add", "decision product".

    Returns
    -------
    family : Family
    detail : str

    Raises
    ------
    ConfigError
        There is no such fusion, or another package's cannot be loaded.

    Examples
    --------
    >>> family_of("late add")[1]
    'add'
    """
    first, _, detail = name.partition(" ")
    if first not in FUSIONS:
        raise _unknown(name, fusion_names())
    family: Family = FUSIONS.get(first)
    if detail not in family.details():
        raise _unknown(name, [_joined(first, rest) for rest in family.details()])
    return family, detail


def make_fusion(name: str, model: ModelConfig | None, settings: FusionConfig, seed: int) -> Any:
    """Unfitted estimator over a FeatureTable of several modalities.

    Parameters
    ----------
    name : str
        One of `fusion_names`.
    model : ModelConfig or None
        Of the features side by side (early), or of each modality (late, decision, hybrid); None
        for a fusion that is a model itself.
    settings : FusionConfig
    seed : int
        Of whatever is random.

    Returns
    -------
    estimator
        ``fit(table)``, ``predict_proba(table)`` over ``classes_``, ``can_decide(table)``.

    Raises
    ------
    ConfigError
        Unknown fusion or model; late fusion of a model without an embedding.
    MissingDependency
        scikit-learn or torch is not installed.

    Examples
    --------
    >>> make_fusion("decision product", ModelConfig(name="lda"), FusionConfig(), seed=0).rule
    'product'
    """
    family, detail = family_of(name)
    _require_sklearn()
    return family.make(detail, model, settings, seed)


def fusion_models(name: str, models: Sequence[ModelConfig]) -> Sequence[ModelConfig | None]:
    """The models of a run with which a fusion is made.

    Parameters
    ----------
    name : str
    models : sequence of ModelConfig

    Returns
    -------
    sequence of ModelConfig, or of one None where the fusion is a model itself

    Raises
    ------
    ConfigError
        There is no such fusion.

    Examples
    --------
    >>> [model.name for model in fusion_models("late add", [ModelConfig(name="lda")])]
    ['cnn1d']
    """
    family, detail = family_of(name)
    return family.models(detail, models)


def asked_fusions(
    settings: FusionConfig, models: Sequence[ModelConfig]
) -> list[tuple[str, ModelConfig | None]]:
    """Fusions that a run asks for, each with every model that it is made with.

    Parameters
    ----------
    settings : FusionConfig
    models : sequence of ModelConfig
        Of the run.

    Returns
    -------
    list of (name, ModelConfig or None)
        Fusion after fusion; those of the decision level last, model after model.

    Raises
    ------
    ConfigError
        A fusion that there is not.

    Examples
    --------
    >>> settings = FusionConfig(early=False, decision=("max", "min"))
    >>> [name for name, model in asked_fusions(settings, [ModelConfig(name="lda")])]
    ['decision max', 'decision min']
    """
    pairs: dict[bool, list[tuple[str, ModelConfig | None]]] = {False: [], True: []}
    for name in dict.fromkeys(_asked_names(settings)):
        family, detail = family_of(name)
        made = [(name, model) for model in family.models(detail, models)]
        pairs[family.level == "decision"] += made
    order = {id(model): position for position, model in enumerate(models)}
    return pairs[False] + sorted(pairs[True], key=lambda pair: order.get(id(pair[1]), -1))


def check_fusions(settings: FusionConfig, task: str) -> None:
    """Refuse fusions that do not support a task.

    Parameters
    ----------
    settings : FusionConfig
    task : {"classification", "dimensional"}

    Raises
    ------
    ConfigError
        Names the fusion and those of its kind that fit.

    Examples
    --------
    >>> check_fusions(FusionConfig(decision=("mean",)), "dimensional")
    """
    joint = (settings.hybrid_with,) if settings.hybrid else ()
    for name in (*_asked_names(settings), *joint):
        family, detail = family_of(name)
        if task not in family.tasks(detail):
            first = name.partition(" ")[0]
            fitting = [
                _joined(first, each) for each in family.details() if task in family.tasks(each)
            ]
            raise ConfigError(
                f"fusion {name!r} was given for task = {task}, which it does not serve; expected "
                f"{'one of ' + ', '.join(fitting) if fitting else 'another fusion'}"
            )


def decides_without(name: str) -> bool:
    """Whether a fusion decides about clips that lack a modality, however it was trained.

    Parameters
    ----------
    name : str

    Returns
    -------
    bool

    Raises
    ------
    ConfigError
        There is no such fusion.

    Examples
    --------
    >>> decides_without("decision product"), decides_without("early")
    (True, False)
    """
    return family_of(name)[0].decides_without


def make_unimodal(modality: str, model: ModelConfig, seed: int) -> Any:
    """Unfitted estimator over one modality of a FeatureTable.

    Parameters
    ----------
    modality : {"audio", "video"}
    model : ModelConfig
    seed : int

    Returns
    -------
    Unimodal

    Raises
    ------
    ConfigError
        Unknown model or parameter.
    MissingDependency
        scikit-learn or torch is not installed.

    Examples
    --------
    >>> make_unimodal("audio", ModelConfig(name="lda"), seed=0).modality
    'audio'
    """
    from affuse.models.registry import make_model

    estimator = make_model(model, seed)
    _require_sklearn()
    from affuse.fusion.unimodal import Unimodal

    return Unimodal(estimator, modality)


def _asked_names(settings: FusionConfig) -> Iterator[str]:
    """The fusions in a configuration, as names."""
    if settings.early:
        yield "early"
    if settings.early_balanced:
        yield "early balanced"
    yield from (f"late {combination}" for combination in settings.late)
    yield from (f"decision {rule}" for rule in settings.decision)
    yield from (f"hybrid {rule}" for rule in settings.hybrid)
    yield from settings.also


def _joined(family: str, detail: str) -> str:
    return f"{family} {detail}" if detail else family


def _unknown(name: str, legal: Sequence[str]) -> ConfigError:
    near = difflib.get_close_matches(name, legal, n=1)
    if near:
        return ConfigError(f"fusion {name!r} was given: did you mean {near[0]!r}?")
    return ConfigError(f"fusion {name!r} was given; expected one of {', '.join(legal)}")


def _require_sklearn() -> None:
    try:
        import sklearn  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingDependency("scikit-learn", "train") from error
