"""Completion on TAB: names that begin as typed; nothing is run or written.

Each is found where the commands find it, and imported when a shell asks alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from affuse.registries import EXPORTS, READERS

Complete = Callable[[str], list[str]]
"""What was typed of a word -> whole words. Where there is none, shells offer files."""


def among(names: Callable[[], Iterable[str]]) -> Complete:
    """Completion of a word among some names.

    Parameters
    ----------
    names : callable
        Called when a shell asks.

    Returns
    -------
    callable
        What was typed -> the names that begin so, in their order.

    Examples
    --------
    >>> among(lambda: ("csv", "json"))("c")
    ['csv']
    """

    def complete(incomplete: str) -> list[str]:
        return [name for name in names() if name.startswith(incomplete)]

    return complete


def _recipes() -> Iterable[str]:
    from affuse.config.reading import recipe_names

    return recipe_names()


def _settings() -> Iterable[str]:
    from affuse.config.described import settings

    return [setting.name for setting in settings()]


def _assignments() -> Iterable[str]:
    return [f"{name}=" for name in _settings()]


def _bundles() -> Iterable[str]:
    from affuse.bundle.named import bundle_names

    return bundle_names()


def _fold_sets() -> Iterable[str]:
    from affuse.splits.fold_sets import fold_sets

    return dict.fromkeys(found.name for found in fold_sets())


recipes = among(_recipes)
settings = among(_settings)
assignments = among(_assignments)
bundles = among(_bundles)
fold_sets = among(_fold_sets)
corpora = among(READERS.names)
formats = among(EXPORTS.names)
devices = among(lambda: ("cpu", "cuda"))
faces = among(lambda: ("largest", "all"))
groups = among(lambda: ("sex", "age", "language", "corpus"))
