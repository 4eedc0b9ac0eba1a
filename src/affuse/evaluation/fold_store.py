"""Results of finished folds, stored so that an interrupted run resumes where it stopped."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from typing_extensions import override

from affuse.features.table import FeatureTable
from affuse.storage.folds import Arrays, FoldStore
from affuse.storage.sealing import is_sealed, seal
from affuse.storage.whole import atomic_file, remove_leftovers

__all__ = ["Arrays", "FoldStore", "FolderStore", "key_of", "table_digest"]

_PACKAGES = ("affuse", "numpy", "scipy", "scikit-learn", "torch")


class FolderStore(FoldStore):
    """FoldStore in a folder: one ``.npz`` file per fold, written whole or not at all.

    Parameters
    ----------
    root : Path
        Made at the first save.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = FolderStore(Path(folder))
    ...     store.save("key", {"0": np.zeros((1, 2))})
    ...     store.load("key")["0"], store.load("another")
    (array([[0., 0.]]), None)
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    @override
    def load(self, key: str) -> Arrays | None:
        """Arrays by name; None where there is no file, or none written by this store."""
        path = self._path(key)
        if not is_sealed(path):
            return None
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return {name: arrays[name] for name in arrays.files}
        except (OSError, EOFError, ValueError, TypeError, AttributeError, KeyError, BadZipFile):
            return None

    @override
    def save(self, key: str, arrays: Arrays) -> None:
        """Write the arrays; OutputError if the folder cannot be written."""
        # In memory first: an archive that a full disk cuts short does not close.
        content = io.BytesIO()
        np.savez(content, allow_pickle=False, **arrays)
        with atomic_file(self._path(key), lasting=False) as temporary:
            temporary.write_bytes(content.getvalue())
            seal(temporary)

    def sweep(self) -> None:
        """Remove partial files that killed processes left."""
        remove_leftovers(self.root)

    def _path(self, key: str) -> Path:
        return self.root / f"{key}.npz"


def table_digest(table: FeatureTable) -> str:
    """Hash of clips, labels, speakers and features, whatever the order of rows.

    Parameters
    ----------
    table : FeatureTable

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    from affuse.models.loss_terms import terms_key

    order = np.argsort(table.clips, kind="stable")
    digest = hashlib.sha256(json.dumps(table.classes).encode())
    if table.targets:
        digest.update(json.dumps(table.targets).encode())
        digest.update(np.ascontiguousarray(table.values[order]).tobytes())
    columns = (table.clips, table.speakers, *(() if table.targets else (table.labels,)))
    for column in columns:
        digest.update("\0".join(map(str, column[order])).encode())
    digest.update(terms_key(table, order).encode())
    for modality in table.modalities:
        array = table.arrays[modality]
        digest.update(f"{modality} {array.digest(order)}".encode())
        digest.update(np.packbits(table.present[modality][order]).tobytes())
    return digest.hexdigest()


def key_of(payload: Mapping[str, Any]) -> str:
    """Key of a fold: hash of all it depends on, package versions included.

    Parameters
    ----------
    payload : mapping of str to object
        Ready for JSON.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    versions = {package: _version(package) for package in _PACKAGES}
    text = json.dumps({**payload, "versions": versions}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@cache
def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
