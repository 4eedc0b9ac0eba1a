"""The source of a modality's features, by the name of an extractor or the path of a table."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from affuse.errors import AffuseError, ConfigError
from affuse.features.source import Source
from affuse.records import Modality
from affuse.registries import EXTRACTORS

if TYPE_CHECKING:
    from affuse.config import Config

Settings = TypeVar("Settings", bound=BaseModel)


def make_source(name: str, modality: Modality, config: Config) -> Source:
    """The extractor of that name, or the table of features at that path, for one modality.

    Parameters
    ----------
    name : str
        Registered name of an extractor, or the path of a ``.csv`` file.
    modality : {"audio", "video"}
    config : Config

    Returns
    -------
    Source

    Raises
    ------
    ConfigError
        No extractor of that modality has the name; says the nearest, and lists those there are.
    FeatureError
        The table or the weights do not fit.

    Examples
    --------
    >>> from affuse.config import Config
    >>> make_source("mfcc", "audio", Config()).shape
    (40, 63)
    """
    if name.lower().endswith(".csv"):
        # Tables need pandas, which prediction does without.
        from affuse.features.read_precomputed import read_precomputed

        return read_precomputed(Path(name), modality)
    if name not in EXTRACTORS:
        near = difflib.get_close_matches(name, EXTRACTORS.names(), n=1)
        raise ConfigError(
            f"extractor {name!r} was given for {modality}; expected one of "
            f"{', '.join(EXTRACTORS.names())}, or the path of a .csv file of features"
            + (f": did you mean {near[0]!r}?" if near else "")
        )
    source = _made(name, config)
    if source.modality != modality:
        raise ConfigError(
            f"extractor {name!r} was given for {modality}, but it reads {source.modality}: "
            f"set features.{source.modality} = {name!r} instead"
        )
    return source


def _made(name: str, config: Config) -> Source:
    """What an entry makes of a configuration, checked: it may be another package's."""
    make = EXTRACTORS.get(name)
    try:
        source: Source = make(config)
    except (AffuseError, OSError):
        raise
    except Exception as error:
        if name not in EXTRACTORS.added():
            raise
        raise ConfigError(
            f"extractor {name!r} of {EXTRACTORS.added()[name]} failed ({type(error).__name__}: "
            f"{error}); expected a function of a configuration that gives a Source: mend or remove "
            "that package"
        ) from error
    if not hasattr(source, "modality"):
        raise ConfigError(
            f"extractor {name!r} gave {type(source).__name__}; expected a Source: mend or remove "
            "the package that has it"
        )
    return source


def own_settings(config: Config, name: str, settings: type[Settings]) -> Settings:
    """The settings of an extractor under ``features.settings.NAME``.

    Parameters
    ----------
    config : Config
    name : str
        Of the extractor.
    settings : type of pydantic model
        The extractor's settings, each with its default.

    Returns
    -------
    pydantic model

    Raises
    ------
    ConfigError
        A setting is unknown or its value does not fit: says which, and what was expected.
    """
    try:
        return settings.model_validate(config.features.settings.get(name, {}))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(["features.settings", name, *map(str, first["loc"])])
        legal = ", ".join(settings.model_fields)
        raise ConfigError(
            f"{key} = {first['input']!r} was given: {first['msg'].lower()}; expected values of "
            f"{legal}, as the extractor describes them"
        ) from error
