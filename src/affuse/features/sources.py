"""The source of a modality's features, by the name of an extractor or the path of a table."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Sequence
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
        Registered name of an extractor, with a colon and what it is to use where it takes that
        (``onnx:FILE``), or the path of a ``.csv`` file.
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
    entry, _, argument = name.partition(":")
    if entry not in EXTRACTORS:
        near = difflib.get_close_matches(entry, EXTRACTORS.names(), n=1)
        raise ConfigError(
            f"extractor {name!r} was given for {modality}; expected one of "
            f"{', '.join(EXTRACTORS.names())}, or the path of a .csv file of features"
            + (f": did you mean {near[0]!r}?" if near else "")
        )
    source = made_source(entry, argument, config)
    if source.modality != modality:
        raise ConfigError(
            f"extractor {name!r} was given for {modality}, but it reads {source.modality}: "
            f"set features.{source.modality} = {name!r} instead"
        )
    return source


def made_source(name: str, argument: str, config: Config) -> Source:
    """What an entry makes of a configuration, checked: it may be another package's.

    Parameters
    ----------
    name : str
        Registered name of an extractor.
    argument : str
        What it is to use, such as a file; empty where nothing was named.
    config : Config

    Returns
    -------
    Source

    Raises
    ------
    ConfigError
        It takes no argument, or it cannot be made.
    """
    make = EXTRACTORS.get(name)
    takes = "argument" in inspect.signature(make).parameters
    if argument and not takes:
        raise ConfigError(
            f"extractor '{name}:{argument}' was given, but {name!r} takes nothing after a colon; "
            f"expected {name!r} alone"
        )
    try:
        source: Source = make(config, argument) if takes else make(config)
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


def named_place(location: Sequence[int | str]) -> list[str]:
    """Where a value stands, without the types of which pydantic tried each for it.

    Parameters
    ----------
    location : sequence of int or str

    Returns
    -------
    list of str

    Examples
    --------
    >>> named_place(["before", 0, "mean", "constrained-float"])
    ['before', '0', 'mean']
    """
    return [str(part) for part in location if isinstance(part, int) or part.isidentifier()]


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
        key = ".".join(["features.settings", name, *named_place(first["loc"])])
        legal = ", ".join(settings.model_fields)
        raise ConfigError(
            f"{key} = {first['input']!r} was given: {first['msg'].lower()}; expected values of "
            f"{legal}, as the extractor describes them"
        ) from error
