"""Archives from which anyone may fetch a corpus, as its reader names them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipArchive:
    """One zip archive without a published checksum: later downloads are held to the first.

    Attributes
    ----------
    server : str
        Such as ``https://example.org``.
    path : str
        From the first slash on; its last part names the file.
    """

    server: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataverseDataset:
    """A data set of a Dataverse, which lists its files with sizes and checksums.

    Attributes
    ----------
    server : str
    doi : str
        Such as ``10.5683/SP2/E8H2MF``.
    """

    server: str
    doi: str


OpenArchive = ZipArchive | DataverseDataset
