"""Extractors by name. A new one is a file with a `make` function, and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from affuse.config import Config
from affuse.errors import ConfigError
from affuse.features.source import Extractor
from affuse.records import Modality

if TYPE_CHECKING:
    from affuse.features.precomputed import Precomputed

EXTRACTORS: Mapping[str, str] = {
    "expression": "affuse.extractors.expression:make",
    "mfcc": "affuse.extractors.mfcc:make",
    "vgg_face": "affuse.extractors.vgg_face:make",
    "voice": "affuse.extractors.voice:make",
    "voice_network": "affuse.extractors.voice_network:make",
    "voice_statistics": "affuse.extractors.voice_statistics:make",
}
"""Name -> ``module:function``; the function takes the `Config` and gives the `Extractor`."""


def make_extractor(name: str, modality: Modality, config: Config) -> Extractor | Precomputed:
    """The extractor of that name, or the table of features at that path, for one modality.

    Raises
    ------
    ConfigError
        No extractor of that modality has the name; lists those there are.
    FeatureError
        The table or the weights do not fit.

    Examples
    --------
    >>> make_extractor("mfcc", "audio", Config()).shape
    (40, 63)
    """
    if name.lower().endswith(".csv"):
        # Tables need pandas, which prediction does without.
        from affuse.features.precomputed import read_precomputed

        return read_precomputed(Path(name), modality)
    if name not in EXTRACTORS:
        raise ConfigError(
            f"extractor {name!r} was given for {modality}; expected one of "
            f"{', '.join(sorted(EXTRACTORS))}, or the path of a .csv file of features"
        )
    module, _, function = EXTRACTORS[name].partition(":")
    extractor: Extractor = getattr(import_module(module), function)(config)
    if extractor.modality != modality:
        raise ConfigError(
            f"extractor {name!r} was given for {modality}, but it reads {extractor.modality}: "
            f"set features.{extractor.modality} = {name!r} instead"
        )
    return extractor
