"""Names that settings may have: asked of the registries, which import no entry to tell."""

from __future__ import annotations

from dataclasses import dataclass

from affuse.errors import ConfigError
from affuse.registries import Registry


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

    def __call__(self, name: str) -> str:
        """The name as it is; ValueError, which pydantic expects, where there is no such entry."""
        if name in self.also or (self.suffix and name.lower().endswith(self.suffix)):
            return name
        try:
            self.registry.check(name)
        except ConfigError as error:
            raise ValueError(str(error)) from None
        return name

    def allowed(self) -> str:
        """What the setting may be, in words."""
        names = dict.fromkeys((*self.also, *self.registry.names()))
        file = f", or the path of a {self.suffix} file" if self.suffix else ""
        return f"one of {', '.join(names)}{file}"
