"""Extensible entries by name: corpora, extractors, models, fusions, decision rules, exports.

An entry is one file in the folder of its kind: the file's name is the entry's, and the object that
the file defines under the kind's attribute is the entry. Nothing else lies in these folders, and
nothing is imported before it is asked for by name. Another package adds an entry under the kind's
group of entry points, whose value names such an object:

    [project.entry-points."affuse.models"]
    nearest = "their_package.nearest:MODEL"
"""

from __future__ import annotations

import difflib
import pkgutil
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module, util
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, NoReturn

from affuse.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Loaded:
    """Every entry of a kind that could be imported, and why others could not.

    Attributes
    ----------
    entries : mapping of str to object
        By name, those of affuse first.
    failed : mapping of str to str
        Name of an entry of another package -> what is wrong with it, in a sentence.
    """

    entries: Mapping[str, Any]
    failed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Registry:
    """Entries of one kind.

    Attributes
    ----------
    what : str
        An entry, in a word.
    folder : str
        Package whose modules are the entries of affuse.
    group : str
        Entry points by which other packages add theirs.
    attribute : str
        Name of the object that is the entry, in each module.
    record : str
        ``module:class`` of that object; empty where it is a function.

    Examples
    --------
    >>> MODELS.check("svm_rfb")
    Traceback (most recent call last):
    affuse.errors.ConfigError: model 'svm_rfb' was given: did you mean 'svm_rbf'?
    """

    what: str
    folder: str
    group: str
    attribute: str
    record: str = ""

    def names(self) -> tuple[str, ...]:
        """Names of all entries; no entry is imported.

        Returns
        -------
        tuple of str
            Those of affuse first, each part sorted.
        """
        own = self._own()
        return (*own, *sorted(set(self._others()) - set(own)))

    def added(self) -> dict[str, str]:
        """Entries of other packages, whether or not they can be used; no entry is imported.

        Returns
        -------
        dict of str to str
            Name -> the package that has it, or those that have.
        """
        others = sorted(self._others().items())
        return {name: " and ".join(map(_package, points)) for name, points in others}

    def package_of(self, name: str) -> str:
        """The other package whose entry a name means; empty for one of affuse's own.

        Parameters
        ----------
        name : str

        Returns
        -------
        str
        """
        return "" if name in self._own() else self.added().get(name, "")

    def __contains__(self, name: object) -> bool:
        return name in self._own() or name in self._others()

    def check(self, name: str) -> None:
        """Refuse a name that no entry has.

        Parameters
        ----------
        name : str

        Raises
        ------
        ConfigError
            There is none of that name, or it is no text: says the nearest, or all there are.
        """
        if not isinstance(name, str) or name not in self:
            refuse_unknown(self.what, name, self.names())

    def get(self, name: str) -> Any:
        """The entry of that name.

        Parameters
        ----------
        name : str

        Returns
        -------
        object
            Of class `record`, or a function.

        Raises
        ------
        ConfigError
            There is none, or another package's cannot be used: says which package, and why.
        """
        self.check(name)
        if name in self._own():
            return getattr(import_module(f"{self.folder}.{name}"), self.attribute)
        points = self._others()[name]
        if len(points) > 1:
            packages = self.added()[name]
            raise ConfigError(
                f"{self.what} {name!r} is there more than once, in {packages}; expected one: "
                "remove all but one of these packages"
            )
        return self._loaded(points[0])

    def load_all(self) -> Loaded:
        """Every entry that can be used; errors of the others are returned, not raised.

        Returns
        -------
        Loaded
        """
        own, others = self._own(), self._others()
        entries: dict[str, Any] = {}
        failed: dict[str, str] = {}
        for name in (*own, *sorted(set(others) - set(own))):
            try:
                entries[name] = self.get(name)
            except ConfigError as error:
                failed[name] = str(error)
        for name in sorted(set(others) & set(own)):
            failed[name] = (
                f"{self.what} {name!r} of {_package(others[name][0])} has the name of one of "
                "affuse's own, which is taken: rename it"
            )
        return Loaded(entries, failed)

    def _own(self) -> tuple[str, ...]:
        return _modules(self.folder)

    def _others(self) -> dict[str, tuple[EntryPoint, ...]]:
        """Entry points of other packages by name; a package found twice counts once."""
        points: dict[str, dict[tuple[str, str], EntryPoint]] = defaultdict(dict)
        for point in _entry_points(self.group, _places()):
            points[point.name].setdefault((_package(point), point.value), point)
        return {name: tuple(found.values()) for name, found in points.items()}

    def _loaded(self, point: EntryPoint) -> Any:
        try:
            entry = point.load()
        except (Exception, SystemExit) as error:  # Whatever another package's import raises.
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise ConfigError(
                f"{self.what} {point.name!r} of {_package(point)} cannot be loaded "
                f"({reason}); expected {point.value} to be importable: mend "
                "or remove that package, or choose another"
            ) from error
        module, _, name = self.record.partition(":")
        fits = isinstance(entry, getattr(import_module(module), name)) if name else callable(entry)
        if not fits:
            raise ConfigError(
                f"{self.what} {point.name!r} of {_package(point)} is of type "
                f"{type(entry).__name__!r}; expected {f'{module}.{name}' if name else 'a function'}"
                f" at {point.value}: mend or remove that package, or choose another"
            )
        return entry


def refuse_unknown(what: str, name: str, legal: Sequence[str]) -> NoReturn:
    """Raise ConfigError for an unknown name; suggests the nearest name, or lists all.

    Parameters
    ----------
    what : str
        What it should name, in a word.
    name : str
    legal : sequence of str

    Returns
    -------
    NoReturn

    Raises
    ------
    ConfigError
        Always.
    """
    if not isinstance(name, str):
        raise ConfigError(
            f"{what} {name!r} was given, which is no name; expected one of {', '.join(legal)}"
        )
    near = difflib.get_close_matches(name.casefold(), legal, n=1)
    if near:
        raise ConfigError(f"{what} {name!r} was given: did you mean {near[0]!r}?")
    raise ConfigError(f"{what} {name!r} was given; expected one of {', '.join(legal)}")


def _modules(package: str) -> tuple[str, ...]:
    """Names of the modules of a package."""
    spec = util.find_spec(package)
    return _modules_in(() if spec is None else tuple(spec.submodule_search_locations or ()))


@cache
def _modules_in(places: tuple[str, ...]) -> tuple[str, ...]:
    """Asked for at every look-up, and read from disk once."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(places) if not m.ispkg))


@cache
def _entry_points(group: str, places: tuple[tuple[str, int], ...]) -> tuple[EntryPoint, ...]:
    """Each look-up reads the metadata of all packages: once, until a place of packages changes."""
    return tuple(entry_points(group=group))


def _places() -> tuple[tuple[str, int], ...]:
    """Where packages are looked for, and when a folder of them last changed."""
    return tuple((place, _changed(place)) for place in sys.path)


def _changed(place: str) -> int:
    try:
        return Path(place or ".").stat().st_mtime_ns
    except OSError:
        return 0


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.value.partition(":")[0]


READERS = Registry(
    "corpus", "affuse.corpora.readers", "affuse.corpora", "READER", "affuse.corpora.reader:Reader"
)
EXTRACTORS = Registry("extractor", "affuse.extractors", "affuse.extractors", "make")
MODELS = Registry(
    "model", "affuse.models.estimators", "affuse.models", "MODEL", "affuse.models.model:Model"
)
FUSIONS = Registry(
    "fusion", "affuse.fusion.families", "affuse.fusions", "FUSION", "affuse.fusion.family:Family"
)
RULES = Registry("rule", "affuse.fusion.rules", "affuse.rules", "RULE", "affuse.fusion.rule:Rule")
EXPORTS = Registry(
    "format", "affuse.export.formats", "affuse.exports", "FORMAT", "affuse.export.format:Format"
)

REGISTRIES = (READERS, EXTRACTORS, MODELS, FUSIONS, RULES, EXPORTS)
