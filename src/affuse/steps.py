"""The steps of a run, one by one: extractors, features, models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from affuse.config import Config, load_config
from affuse.config.features import FeaturesConfig, MediaConfig
from affuse.corpora.index import Index
from affuse.errors import ConfigError, FeatureError
from affuse.features.context import RunContext
from affuse.features.extract import extract_features
from affuse.features.source import Source
from affuse.features.sources import made_source, make_source
from affuse.features.table import truth_of
from affuse.registries import EXTRACTORS, MODELS

if TYPE_CHECKING:
    from affuse.features.table import FeatureTable
    from affuse.records import Modality


def extractor(name: str, **settings: Any) -> Source:
    """An extractor, which computes an array from one decoded clip and never sees a label.

    Parameters
    ----------
    name : str
        Registered name, such as ``mfcc``, ``vgg_face``, ``expression`` or ``voice``.
    **settings
        Its own (``affuse settings features`` lists them), and how much of a clip is read:
        `duration_s`, `height`, `fps`.

    Returns
    -------
    Extractor
        With ``shape``, ``axes`` and ``extract``; `affuse.extract` takes it.

    Raises
    ------
    ConfigError
        There is no such extractor or setting, or a value does not fit.
    WeightsError
        The weights of its network do not fit.

    Examples
    --------
    >>> import affuse
    >>> affuse.extractor("mfcc").shape, affuse.extractor("mfcc", n_mfcc=13, duration_s=2).shape
    ((40, 63), (13, 32))
    """
    entry, _, argument = name.partition(":") if isinstance(name, str) else (name, "", "")
    EXTRACTORS.check(entry)
    return made_source(entry, argument, _configured(entry, settings))


def extract(
    index: Index,
    audio: str | Source | None = None,
    video: str | Source | None = None,
    *,
    jobs: int = 1,
    on_missing: Literal["raise", "drop"] = "raise",
) -> FeatureTable:
    """Features of every clip, from the cache where they were computed before.

    Parameters
    ----------
    index : Index
    audio, video : str or Extractor, optional
        What to extract of each modality: `affuse.extractor`, the name of one, or the path of a CSV
        of features. A modality for which nothing is given is left out.
    jobs : int
        Processes. More than one needs a script to guard its main part with
        ``if __name__ == "__main__"``.
    on_missing : {"raise", "drop"}
        What to do about clips of which a modality cannot be read. ``drop``: a clip that has none
        left is not in the table, one that has another stays, marked in ``table.present``.

    Returns
    -------
    FeatureTable
        Rows in the order of the index.

    Raises
    ------
    ConfigError
        No extractor was given, or there is none of that name and modality; `on_missing` is none of
        both; `index` is no index.
    FeatureError
        Clips give no features: says the first one and why; some clips have an emotion and some
        none.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import affuse, numpy as np, soundfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> soundfile.write(folder / "a.wav", np.sin(np.arange(16_000) / 10), 8000)
    >>> index = affuse.Index((affuse.Clip("a", "calm", "Ann", audio=folder / "a.wav"),))
    >>> affuse.extract(index, audio="mfcc").arrays["audio"].shape
    (1, 40, 63)
    """
    _check_index(index)
    given: dict[Modality, str | Source | None] = {"audio": audio, "video": video}
    sources: dict[Modality, Source] = {
        modality: make_source(asked, modality, Config()) if isinstance(asked, str) else asked
        for modality, asked in given.items()
        if asked is not None
    }
    _check_sources(sources)
    if on_missing not in ("raise", "drop"):
        raise ConfigError(f"on_missing {on_missing!r} was given; expected 'raise' or 'drop'")
    found = extract_features(index, sources, RunContext.of(jobs))
    if found.skipped and on_missing == "raise":
        first = found.skipped[0]
        raise FeatureError(
            f"{len(found.skipped)} of {len(index)} clips lack features (first, {first.name}: "
            f'{first.reason}); expected all: mend them, or pass on_missing="drop"'
        )
    by_id = {clip.id: clip for clip in index}
    kept = [by_id[name] for name in found.table.clips.tolist()]
    return replace(found.table, **truth_of(kept))


def model(
    name: str,
    *,
    scaler: Literal["standard", "minmax", "none"] = "standard",
    grid: Mapping[str, Sequence[float]] | None = None,
    random_state: int = 0,
    **params: float | int | str | bool,
) -> Any:
    """An unfitted scikit-learn estimator over (n_clips, n_features), its scaler within it.

    Parameters
    ----------
    name : str
        Registered name: ``gaussian_nb``, ``lda``, ``svm_linear``, ``svm_rbf``, ``logistic``,
        ``cnn1d``; for numbers ``ridge``, ``svr`` and ``mlp``.
    scaler : {"standard", "minmax", "none"}
        What the features are brought to first, learned from the training rows.
    grid : mapping of str to sequence of float, optional
        Values to choose a parameter from, in inner folds of the training rows; not for networks.
    random_state : int
        Of whatever in the model is random.
    **params
        Parameters of the model, such as ``C=10`` or ``epochs=5``.

    Returns
    -------
    estimator
        ``fit(X, y)``, ``predict(X)`` and, of emotions, ``predict_proba(X)``. Classical models give
        calibrated probabilities: their scores are temperature-scaled in inner folds.

    Raises
    ------
    ConfigError
        There is no such model or parameter.
    MissingDependency
        The extra ``train`` is not installed.

    Examples
    --------
    >>> import affuse
    >>> fitted = affuse.model("svm_rbf", C=10).fit([[0.0], [1.0], [8.0], [9.0]], [0, 0, 1, 1])
    >>> fitted.predict([[7.0]])
    array([1])
    """
    from affuse.models.registry import make_model

    MODELS.check(name)
    chosen = {"name": name, "scaler": scaler, "params": params, "grid": dict(grid or {})}
    return make_model(load_config(None, overrides={"models": [chosen]}).models[0], random_state)


def _configured(name: str, settings: Mapping[str, Any]) -> Config:
    """A configuration with the settings of one extractor."""
    own = f"features.{name}" if name in FeaturesConfig.model_fields else f"features.settings.{name}"
    overrides = {
        f"media.{key}" if key in MediaConfig.model_fields else f"{own}.{key}": value
        for key, value in settings.items()
    }
    return load_config(None, overrides=overrides)


def _check_index(index: object) -> None:
    if not isinstance(index, Index):
        raise ConfigError(
            f"{index!r} was given for the clips; expected an index, such as affuse.read(folder) "
            "gives"
        )


def _check_sources(sources: Mapping[Modality, Source]) -> None:
    if not sources:
        raise ConfigError(
            "no extractor was given; expected one for audio, video or both, such as "
            'affuse.extract(index, audio="mfcc")'
        )
    for modality, source in sources.items():
        if not hasattr(source, "modality"):
            raise ConfigError(
                f"{modality} = {source!r} was given; expected what affuse.extractor makes, the "
                "name of an extractor, or the path of a CSV of features"
            )
        if source.modality != modality:
            raise ConfigError(
                f"{source.label} was given for {modality}, but it reads {source.modality}: pass "
                f"it as {source.modality}=..."
            )
