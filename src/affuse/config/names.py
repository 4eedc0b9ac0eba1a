"""Checks of names in settings, made by asking the registries, which import no entry for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from affuse.errors import ConfigError
from affuse.registries import FUSIONS, Registry, refuse_unknown


@dataclass(frozen=True, slots=True)
class Named:
    """Check of a setting that names an entry of a registry; pydantic calls it with the name.

    Attributes
    ----------
    registry : Registry
        Whose names are allowed.
    also : tuple of str
        Allowed beside them.
    suffix : str
        A text that ends so is no name, and left to whoever reads it: the path of a file.
    arguments : bool
        Whether a colon and what the entry is to use may follow the name, such as a file.

    Examples
    --------
    >>> from affuse.registries import MODELS
    >>> Named(MODELS)("svm_rfb")
    Traceback (most recent call last):
    ValueError: model 'svm_rfb' was given: did you mean 'svm_rbf'?
    """

    registry: Registry
    also: tuple[str, ...] = ()
    suffix: str = ""
    arguments: bool = False

    def __call__(self, name: str) -> str:
        """The name as it is; ValueError, which pydantic expects, where there is no such entry."""
        if name in self.also or (self.suffix and name.lower().endswith(self.suffix)):
            return name
        try:
            self.registry.check(name.partition(":")[0] if self.arguments else name)
        except ConfigError as error:
            raise ValueError(str(error)) from None
        return name

    def allowed(self) -> str:
        """What the setting may be, in words.

        Returns
        -------
        str
        """
        names = dict.fromkeys((*self.also, *self.registry.names()))
        file = f", or the path of a {self.suffix} file" if self.suffix else ""
        return f"one of {', '.join(names)}{file}"


@dataclass(frozen=True, slots=True)
class Fused:
    """Check of a setting that names a fusion, or the detail of a fusion within one family.

    Attributes
    ----------
    family : str
        Of which the detail alone is named; empty: fusions are named whole, such as "late add".
    joint : bool
        Only fusions that join features or embeddings, no decisions.

    Examples
    --------
    >>> Fused("late")("add"), Fused()("late add")
    ('add', 'late add')
    """

    family: str = ""
    joint: bool = False

    def __call__(self, name: str) -> str:
        """The name as it is; ValueError, which pydantic expects, where there is no such fusion."""
        family, _, detail = (f"{self.family} {name}" if self.family else name).partition(" ")
        try:
            if family not in FUSIONS or detail not in self._details(FUSIONS.get(family)):
                refuse_unknown(f"{self.family} fusion".strip(), name, self.names())
        except ConfigError as error:
            raise ValueError(str(error)) from None
        return name

    def names(self) -> tuple[str, ...]:
        """What may be named; families of other packages that cannot be loaded are left out.

        Returns
        -------
        tuple of str
        """
        if self.family:
            return self._details(FUSIONS.get(self.family))
        every = FUSIONS.load_all().entries.items()
        return tuple(f"{name} {detail}".strip() for name, f in every for detail in self._details(f))

    def allowed(self) -> str:
        """What the setting may be, in words.

        Returns
        -------
        str
        """
        return f"one of {', '.join(self.names())}"

    def _details(self, family: Any) -> tuple[str, ...]:
        return () if self.joint and family.level == "decision" else tuple(family.details())
