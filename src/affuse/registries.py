"""What can be added, by name: corpora, extractors, models, fusions, decision rules, exports.

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
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module, util
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from affuse.errors import AffuseError, ConfigError


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

    def names(self) -> tuple[str, ...]:
        """Names of all entries, those of affuse first, sorted; nothing is imported for it."""
        own = self._own()
        return (*own, *sorted(set(self._others()) - set(own)))

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def check(self, name: str) -> None:
        """Refuse a name that no entry has (ConfigError): says the nearest, or all there are."""
        if name in self._own() or name in self._others():
            return
        legal = self.names()
        near = difflib.get_close_matches(name, legal, n=1)
        if near:
            raise ConfigError(f"{self.what} {name!r} was given: did you mean {near[0]!r}?")
        raise ConfigError(f"{self.what} {name!r} was given; expected one of {', '.join(legal)}")

    def get(self, name: str) -> Any:
        """The entry of that name.

        Raises
        ------
        ConfigError
            There is none, or another package's cannot be imported: says which package.
        """
        self.check(name)
        if name in self._own():
            return getattr(import_module(f"{self.folder}.{name}"), self.attribute)
        point = self._others()[name]
        try:
            return point.load()
        except AffuseError:
            raise
        except Exception as error:  # Whatever another package's import raises.
            raise ConfigError(self._broken(point, error)) from error

    def load_all(self) -> Loaded:
        """Every entry; those of other packages that cannot be imported are named, not raised."""
        entries: dict[str, Any] = {}
        failed: dict[str, str] = {}
        for name in self.names():
            try:
                entries[name] = self.get(name)
            except ConfigError as error:
                failed[name] = str(error)
        for name in set(self._others()) & set(self._own()):
            point = self._others()[name]
            failed[name] = (
                f"{self.what} {name!r} of {_package(point)} has the name of one of affuse's own, "
                "which is taken: rename it"
            )
        return Loaded(entries, failed)

    def _own(self) -> tuple[str, ...]:
        spec = util.find_spec(self.folder)
        places = () if spec is None else spec.submodule_search_locations or ()
        return tuple(sorted(m.name for m in pkgutil.iter_modules(places) if not m.ispkg))

    def _others(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group=self.group)}

    def _broken(self, point: EntryPoint, error: Exception) -> str:
        return (
            f"{self.what} {point.name!r} of {_package(point)} cannot be loaded "
            f"({type(error).__name__}: {error}); expected {point.value} to be importable: mend or "
            "remove that package, or choose another"
        )


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.value.partition(":")[0]


READERS = Registry("corpus", "affuse.corpora.readers", "affuse.corpora", "READER")
EXTRACTORS = Registry("extractor", "affuse.extractors", "affuse.extractors", "make")
MODELS = Registry("model", "affuse.models.estimators", "affuse.models", "MODEL")
FUSIONS = Registry("fusion", "affuse.fusion.families", "affuse.fusions", "FUSION")
RULES = Registry("rule", "affuse.fusion.rules", "affuse.rules", "RULE")
EXPORTS = Registry("format", "affuse.export.formats", "affuse.exports", "FORMAT")
