"""A folder -> a bundle, every byte of it checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from affuse.bundle.bundle import Bundle, manifest_hash
from affuse.bundle.files import checked_content, plain_content
from affuse.bundle.graph_safety import check_graph
from affuse.bundle.manifest import FORMAT, MANIFEST, Manifest
from affuse.bundle.named import bundle_names
from affuse.errors import BundleError, ConfigError
from affuse.registries import RULES
from affuse.storage.plain_json import read_plain
from affuse.storage.plain_text import shortened

MOST_MANIFEST_BYTES = 64 * 10**6
MOST_BYTES = 2 * 10**9
"""Of all files of a bundle: more than a graph can have, and less than memory."""

_MOST_REASONS = 3


def read_bundle(folder: str | Path) -> Bundle:
    """Read a bundle; every hash is checked and every graph inspected.

    Parameters
    ----------
    folder : str or Path

    Returns
    -------
    Bundle

    Raises
    ------
    BundleError
        No bundle, one of a newer format, one whose rule is not installed; a file that is missing,
        altered, or outside the folder; a graph that reaches for anything beyond ONNX's own
        operators and its own bytes.

    Examples
    --------
    >>> read_bundle("no/such/folder")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    affuse.errors.BundleError: no/such/folder holds no bundle.json; expected the folder of a ...
    """
    place = Path(folder)
    manifest = _manifest(place)
    files: dict[str, bytes] = {}
    for name, sha256 in manifest.files.items():
        left = MOST_BYTES - sum(map(len, files.values()))
        files[name] = checked_content(place, name, sha256, left)
    missing = sorted({*manifest.graphs, manifest.card} - set(files))
    if missing:
        raise BundleError(
            f"{place / MANIFEST} names {', '.join(missing)} without a hash; expected one for every "
            "file: get the bundle anew"
        )
    for graph in manifest.graphs:
        check_graph(f"{place / graph}", files[graph])
    return Bundle(manifest, files)


def _manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST
    if not path.is_file():
        raise BundleError(
            f"{folder} holds no {MANIFEST}; expected the folder of a bundle, such as bundle/ in a "
            f"run folder, or the name of one that comes with affuse: {', '.join(bundle_names())}"
        )
    fields = _fields(path)
    if not isinstance(fields, dict) or type(fields.get("format")) is not int:
        raise BundleError(f"{path} has no number of a format; expected that of a bundle of affuse")
    if fields["format"] > FORMAT:
        raise BundleError(
            f"{path} was made by affuse {shortened(fields.get('affuse', '(unknown)'))}, format "
            f"{shortened(fields['format'])}; this affuse reads format {FORMAT}: update affuse"
        )
    if fields.pop("sha256", None) != manifest_hash(fields):
        raise BundleError(
            f"{path} was altered after it was written (its hash does not fit); get the bundle anew"
        )
    manifest = _validated(path, fields)
    try:
        RULES.check(manifest.fusion.rule)
    except ConfigError as error:
        raise BundleError(
            f"{path} combines its members by a rule that is not installed here ({error}): install "
            "the package that has it, or train again"
        ) from error
    return manifest


def _validated(path: Path, fields: Mapping[str, Any]) -> Manifest:
    try:
        return Manifest.model_validate(fields)
    except ValidationError as error:
        problems = [f"{_place(each)}: {each['msg']}" for each in error.errors()[:_MOST_REASONS]]
        raise BundleError(
            f"{path} does not describe a bundle: {shortened('; '.join(problems))}"
        ) from error


def _fields(path: Path) -> Any:
    try:
        return read_plain(plain_content(path, MOST_MANIFEST_BYTES))
    except ValueError as error:
        raise BundleError(f"{path} is no JSON ({shortened(error)}); get the bundle anew") from error


def _place(item: Any) -> str:
    return ".".join(str(part) for part in item["loc"]) or "bundle.json"
