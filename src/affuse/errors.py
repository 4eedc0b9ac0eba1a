"""Every error that affuse raises on purpose.

A message says what was given, what was expected and what to do; the command line
prints it on one line and exits with code 2.

    AffuseError
    ├── ConfigError          a recipe, a setting or an argument does not fit
    ├── DatasetError         a folder or table of clips does not make an index
    │   └── FoldError        the clips cannot be divided as asked
    ├── MediaError           a file cannot be decoded
    │   └── CutShort         its sound or picture ends before the length that it states
    ├── FeatureError         a feature array, table or file does not fit its clips
    │   ├── WeightsError     a file of network weights does not fit its network
    │   └── Diverged         a network's weights grew beyond all numbers in training
    ├── BundleError          a bundle is damaged, of another version, or no bundle
    ├── OutputError          a result cannot be written where it was asked for
    ├── ClusterError         a cluster cannot be reached, or does not fit
    ├── DownloadError        a remote file cannot be had as published
    └── MissingDependency    an optional package is not installed
"""

from __future__ import annotations

import numbers


class AffuseError(Exception):
    """Root of all errors that affuse raises on purpose."""


class ConfigError(AffuseError):
    """A recipe, a setting or an argument does not fit."""


class DatasetError(AffuseError):
    """A folder or table of clips does not make an index."""


class FoldError(DatasetError):
    """The clips cannot be divided as asked."""


class MediaError(AffuseError):
    """A media file cannot be decoded."""


class CutShort(MediaError):
    """The sound or picture of a file ends before the length that the file states.

    What comes before has been given by then: who can do with less catches this.

    Parameters
    ----------
    message : str
    kind : str
        "sound" or "picture".
    end_s : float
        Where it ends, in seconds; 0: none of it can be decoded.
    stated_s : float or None
        Where it should end; None: the file does not say; 0: the track holds nothing.
    """

    def __init__(self, message: str, kind: str, end_s: float, stated_s: float | None) -> None:
        self.kind = kind
        self.end_s = end_s
        self.stated_s = stated_s
        super().__init__(message)

    def __reduce__(self) -> tuple[type[CutShort], tuple[str, str, float, float | None]]:
        return type(self), (str(self), self.kind, self.end_s, self.stated_s)


class FeatureError(AffuseError):
    """A feature array, table or file does not fit its clips."""


class WeightsError(FeatureError):
    """A file of network weights does not fit its network."""


class Diverged(FeatureError):
    """The weights of a network grew beyond all numbers while it was trained."""


class BundleError(AffuseError):
    """A bundle is damaged, of another version, or no bundle at all."""


class OutputError(AffuseError):
    """A result cannot be written where it was asked for."""


class ClusterError(AffuseError):
    """A cluster cannot be reached, or does not fit."""


class DownloadError(AffuseError):
    """A remote file cannot be fetched as published."""


class MissingDependency(AffuseError):
    """An optional package is not installed; says which extra brings it.

    Parameters
    ----------
    package : str
        The package that could not be imported.
    extra : str
        The extra of affuse that installs it.
    what : str
        That needs it.
    """

    def __init__(self, package: str, extra: str, what: str = "this step") -> None:
        self.package = package
        self.extra = extra
        self.what = what
        super().__init__(
            f"package {package!r} is not installed, and {what} needs it: "
            f"pip install 'affuse[{extra}]'"
        )

    def __reduce__(self) -> tuple[type[MissingDependency], tuple[str, str, str]]:
        return type(self), (self.package, self.extra, self.what)


def refuse_other_than_number(what: str, value: object) -> None:
    """Refuse what is no number where one is expected.

    Parameters
    ----------
    what : str
        Name of the argument, for the message.
    value : object
        As it was given.

    Raises
    ------
    ConfigError
        It is no real number, as a text of digits is none.

    Examples
    --------
    >>> refuse_other_than_number("threshold", 0.5)
    >>> refuse_other_than_number("threshold", "high")
    Traceback (most recent call last):
    affuse.errors.ConfigError: threshold 'high' was given; expected a number
    """
    if not isinstance(value, numbers.Real):
        raise ConfigError(f"{what} {value!r} was given; expected a number")
