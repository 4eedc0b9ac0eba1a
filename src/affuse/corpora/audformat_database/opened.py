"""A database folder -> audformat's own object, without executing anything from it.

A leaf: audformat is imported inside the functions.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any
from warnings import catch_warnings, simplefilter

from affuse.errors import DatasetError, MissingDependency

HEADER = "db.yaml"
_TABLES = (".csv", ".parquet")


def opened(folder: Path) -> Any:
    """The database in a folder, its tables loaded.

    Tables are taken from CSV or Parquet alone, since a pickle could run code; the header may hold
    plain data only, for the same reason.

    Parameters
    ----------
    folder : Path
        Holds ``db.yaml`` and the tables.

    Returns
    -------
    audformat.Database

    Raises
    ------
    MissingDependency
        audformat is not installed.
    DatasetError
        No header, one that is no plain YAML, a table that is not there as CSV or Parquet, or
        whatever audformat refuses.
    """
    try:
        import audformat
        import yaml
    except ImportError as error:
        raise MissingDependency("audformat", "interop", "an audformat database") from error
    header = folder / HEADER
    try:
        about = yaml.safe_load(header.read_text("utf-8"))
        tables = [*(about.get("tables") or ()), *(about.get("misc_tables") or ())]
    except (OSError, ValueError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise DatasetError(
            f"{header} cannot be read as the header of an audformat database "
            f"({' '.join(str(error).split())}); expected plain YAML: save the database again"
        ) from error
    with tempfile.TemporaryDirectory(prefix="affuse-audformat-") as copy, catch_warnings():
        simplefilter("ignore")  # What audformat's own use of pandas brings about.
        shutil.copy(header, copy)
        for table in tables:
            shutil.copy(_table(folder, table), copy)
        try:
            return audformat.Database.load(copy, load_data=True)
        except Exception as error:  # Whatever its loading raises.
            raise DatasetError(
                f"{folder} cannot be read as an audformat database "
                f"({' '.join(str(error).split())}); expected its header and tables to fit: save it "
                "again with audformat"
            ) from error


def _table(folder: Path, table: str) -> Path:
    """File of a table, if it holds nothing but data."""
    names = [f"db.{table}{suffix}" for suffix in _TABLES]
    found = next((folder / name for name in names if (folder / name).is_file()), None)
    if found is None:
        raise DatasetError(
            f"table {table!r} of {folder} is there neither as CSV nor as Parquet (pickles are not "
            f"read: they can run code); expected {' or '.join(names)}: save the database with "
            "db.save(folder, storage_format='csv')"
        )
    return found
