"""Bundles that come with affuse, by name."""

from __future__ import annotations

from pathlib import Path

from affuse.bundle.manifest import MANIFEST
from affuse.errors import BundleError
from affuse.extractors.networks.shipped import shipped_folder

SHIPPED_NAME = "shipped"
"""Name of the bundle of voice and face, which is used where none is named."""


def bundle_names() -> tuple[str, ...]:
    """Names of all bundles that come with affuse, the default first.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> bundle_names()
    ('shipped', 'open')
    """
    others = sorted(path.parent.name for path in shipped_folder().glob(f"*/{MANIFEST}"))
    return (SHIPPED_NAME, *others)


def bundle_folder(given: str | Path | None) -> Path:
    """Folder of a bundle, by its path or by the name of one that comes with affuse.

    Parameters
    ----------
    given : str or Path or None
        A name, ``"shipped"`` or ``"open"``; anything else, and every Path, is a path:
        ``"./open"`` is a folder of one's own. None: ``"shipped"``.

    Returns
    -------
    Path
        Which need not be there.

    Raises
    ------
    BundleError
        An address, an empty name, or neither a name nor a path.

    Examples
    --------
    >>> bundle_folder("open").name, bundle_folder("./open").parts, bundle_folder(Path("open")).parts
    ('open', ('open',), ('open',))
    """
    if given is None or given == SHIPPED_NAME:
        return shipped_folder()
    if not isinstance(given, str | Path):
        raise BundleError(
            f"{given!r} was given for a bundle; expected {', '.join(bundle_names())}, or the path "
            "of its folder"
        )
    if isinstance(given, str) and (not given or "://" in given):
        raise BundleError(
            f"{given or 'an empty name'} was given; expected {', '.join(bundle_names())}, or a "
            "folder of a bundle on this machine: copy it here first"
        )
    is_name = isinstance(given, str) and given in bundle_names()
    return shipped_folder() / given if is_name else Path(given)
