"""Files of a bundle's folder, checked before they are read: the folder may be anybody's."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from affuse.bundle.manifest import MANIFEST
from affuse.errors import BundleError


def checked_content(folder: Path, name: str, sha256: str, most: int) -> bytes:
    """Content of a file, checked against its known hash.

    Parameters
    ----------
    folder : Path
    name : str
    sha256 : str
        Expected, in hexadecimal digits.
    most : int
        Bytes that it may have.

    Returns
    -------
    bytes

    Raises
    ------
    BundleError
        Missing, a link, too large, or altered.
    """
    path = folder / name
    content = plain_content(path, most)
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise BundleError(
            f"{path} was altered after the bundle was written (SHA-256 {found[:12]}, expected "
            f"{sha256[:12]}); get the bundle anew"
        )
    return content


def plain_content(path: Path, most: int) -> bytes:
    """Content of a plain file: no link, no pipe, no more than a given number of bytes.

    Parameters
    ----------
    path : Path
    most : int
        Bytes that it may have.

    Returns
    -------
    bytes

    Raises
    ------
    BundleError
        Missing, no plain file, or too large.
    """
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0)
    # A link may lead out of the bundle, and reading a pipe would block.
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        with open(os.open(path, flags), "rb") as file:
            status = os.fstat(file.fileno())
            if path.is_symlink() or not stat.S_ISREG(status.st_mode):
                raise FileNotFoundError(path)
            if status.st_size > most:
                raise BundleError(
                    f"{path} has {status.st_size / 1e6:,.0f} MB; expected {most / 1e6:,.0f} MB at "
                    "most: get the bundle anew"
                )
            return file.read(most)
    except OSError as error:
        raise BundleError(
            f"{path} is missing, or a link; {MANIFEST} names it as a file of "
            "the bundle: get the bundle anew"
        ) from error
