"""The extractor of a run as a record in the manifest, and the extractor made from that record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from affuse.bundle.member import FeatureSource
from affuse.config import Config
from affuse.errors import BundleError, ConfigError, WeightsError
from affuse.features.source import Extractor
from affuse.features.sources import make_source
from affuse.records import MODALITIES, Modality
from affuse.registries import EXTRACTORS
from affuse.storage.cache import cache_folder

_NAMED_WEIGHTS = ("untrained", "vgg-face")


def feature_source(extractor: Extractor, config: Config) -> FeatureSource:
    """The record from which an extractor can be made again.

    A file of weights is named, never copied: it is large, and its licence may not allow it.

    Parameters
    ----------
    extractor : Extractor
    config : Config
        That it was made with.

    Returns
    -------
    FeatureSource
    """
    name = extractor.name
    own = getattr(config.features, name, None)
    settings: dict[str, Any] = {} if own is None else own.model_dump(mode="json")
    if settings.get("weights", "untrained") not in _NAMED_WEIGHTS:
        settings["weights"] = Path(settings["weights"]).name
    features: dict[str, Any] = {extractor.modality: _named(name, extractor.argument)}
    if settings:
        features[name] = settings
    if name in config.features.settings:
        own_settings = config.features.settings[name]
        # Whoever has the bundle decides about downloads.
        features["settings"] = {name: {k: v for k, v in own_settings.items() if k != "download"}}
    return FeatureSource(
        name=name,
        version=extractor.version,
        label=extractor.label,
        shape=tuple(extractor.shape),
        settings=_plain(extractor.settings()),
        decoding=_plain(asdict(extractor.decoding)),
        config={"media": config.media.model_dump(mode="json"), "features": features},
    )


def extractor_of(source: FeatureSource, modality: Modality) -> Extractor:
    """The extractor that a bundle's features came from.

    Parameters
    ----------
    source : FeatureSource
    modality : {"audio", "video"}

    Returns
    -------
    Extractor

    Raises
    ------
    BundleError
        There is no such extractor, this affuse's gives other numbers, or its weights are not
        there.
    MissingDependency
        Weights must be made into a graph, and the packages for it are not installed.
    """
    if source.name not in EXTRACTORS:
        raise BundleError(
            f"the bundle wants the extractor {source.name!r} for {modality}; this affuse has "
            f"{', '.join(EXTRACTORS.names())}: update affuse, or train again"
        )
    config = _config(source)
    asked = getattr(config.features, modality)
    asked = asked if asked.partition(":")[0] == source.name else source.name
    try:
        made = make_source(asked, modality, config).extractor_for("")
    except ConfigError as error:
        raise BundleError(f"the bundle's features cannot be made: {error}") from error
    except WeightsError as error:
        if ":" not in asked:
            raise
        raise BundleError(
            f"the bundle needs the encoder {asked}, which it names but does not hold ({error}): "
            f"put it, with the files beside it, into {cache_folder() / 'weights'}"
        ) from error
    _refuse_other_numbers(source, made)
    return made


def _config(source: FeatureSource) -> Config:
    recipe: dict[str, Any] = json.loads(json.dumps(source.config))
    settings = recipe.get("features", {}).get(source.name, {})
    weights = settings.get("weights", "untrained")
    if weights not in _NAMED_WEIGHTS:
        settings["weights"] = str(_weights_file(str(weights), source))
    for own in recipe.get("features", {}).get("settings", {}).values():
        own.pop("download", None)
    for modality in set(MODALITIES) & set(recipe.get("features", {})):
        recipe["features"][modality] = _found(recipe["features"][modality])
    try:
        return Config.model_validate(recipe)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BundleError(
            f"the bundle's settings of {source.name!r} do not fit this affuse ({place}: "
            f"{first['msg']}): use the affuse that made it, or train again"
        ) from error


def _named(name: str, argument: str) -> str:
    """Name and argument; of a file or folder that is there its name alone, as of weights."""
    if not argument:
        return name
    return f"{name}:{Path(argument).name if Path(argument).exists() else argument}"


def _found(asked: str) -> str:
    """The same with the file in the folder of weights, where one of that name lies there.

    A bundle may be a stranger's: it names no file elsewhere on this machine.
    """
    name, colon, argument = asked.partition(":")
    if not colon:
        return asked
    given = Path(argument)
    if given.is_absolute() or ".." in given.parts:
        raise BundleError(
            f"the bundle wants {asked!r}, a file of the machine that made it; expected a name "
            "alone: train again with this affuse"
        )
    path = cache_folder() / "weights" / argument
    return f"{name}:{path}" if path.exists() or given.exists() else asked


def _weights_file(name: str, source: FeatureSource) -> Path:
    folder = cache_folder() / "weights"
    path = folder / Path(name).name
    if not path.is_file():
        raise BundleError(
            f"the bundle needs the network weights {path.name!r} (SHA-256 "
            f"{source.settings.get('weights', 'unknown')}), which it names but does not hold: put "
            f"that file into {folder}"
        )
    return path


def _refuse_other_numbers(source: FeatureSource, made: Extractor) -> None:
    found: dict[str, Any] = {
        "version": made.version,
        "shape": tuple(made.shape),
        "settings": _plain(made.settings()),
        "decoding": _plain(asdict(made.decoding)),
    }
    wanted = {name: getattr(source, name) for name in found}
    other = [name for name in found if found[name] != wanted[name]]
    if other:
        given = ", ".join(f"{name} {found[name]}" for name in other)
        expected = ", ".join(f"{name} {wanted[name]}" for name in other)
        raise BundleError(
            f"extractor {source.name!r} of this affuse has {given}; the bundle was trained with "
            f"{expected}: use the affuse (and the weights) that made it, or train again"
        )


def _plain(fields: Mapping[str, object]) -> dict[str, Any]:
    """The value as JSON gives it back."""
    made: dict[str, Any] = json.loads(json.dumps(dict(fields)))
    return made
