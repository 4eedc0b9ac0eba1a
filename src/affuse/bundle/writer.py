"""A bundle -> its folder, written whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from affuse.bundle.bundle import Bundle, manifest_fields, manifest_hash
from affuse.bundle.graph_safety import check_graph
from affuse.bundle.manifest import MANIFEST, Manifest
from affuse.errors import BundleError, OutputError
from affuse.storage.whole import check_file, new_folder


def make_bundle(manifest: Manifest, files: Mapping[str, bytes]) -> Bundle:
    """A bundle in memory: the manifest completed with the hashes of its files.

    Parameters
    ----------
    manifest : Manifest
    files : mapping of str to bytes
        Graphs, and the model card.

    Returns
    -------
    Bundle

    Raises
    ------
    BundleError
        A file that the manifest names is not there, or one is there that it does not name; a
        graph that reading would refuse.
    """
    named = {*manifest.graphs, manifest.card}
    if set(files) != named:
        raise BundleError(
            f"files {sorted(files)} were given; the manifest names {sorted(named)}: give these"
        )
    for graph in manifest.graphs:
        check_graph(graph, files[graph])
    hashes = {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
    fields = {**manifest.model_dump(), "files": hashes}
    return Bundle(Manifest.model_validate(fields), dict(files))


def write_bundle(bundle: Bundle, folder: str | Path) -> Path:
    """Write the folder of a bundle; the same bundle gives the same bytes.

    Parameters
    ----------
    bundle : Bundle
    folder : str or Path
        Must not exist, or be empty.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        The folder is in use or cannot be written.
    """
    place = Path(folder)
    check_bundle_place(place)
    with new_folder(place) as whole:
        _write_files(bundle, whole)
    return place


def check_bundle_place(folder: Path) -> None:
    """Refuse, before the work begins, a folder to which no bundle can be written.

    Parameters
    ----------
    folder : Path
        Nothing is made for it.

    Raises
    ------
    OutputError
        The folder is in use, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(
            f"{folder} exists and is not empty; expected a new folder for the bundle: choose "
            "another name, or remove it"
        )
    check_file(folder)


def manifest_text(manifest: Manifest) -> str:
    """Content of ``bundle.json``.

    Parameters
    ----------
    manifest : Manifest

    Returns
    -------
    str
        JSON that ends with a line feed, the manifest's own hash in it.
    """
    fields = manifest_fields(manifest)
    return json.dumps({**fields, "sha256": manifest_hash(fields)}, indent=1) + "\n"


def _write_files(bundle: Bundle, folder: Path) -> None:
    for name, content in bundle.files.items():
        (folder / name).write_bytes(content)
    (folder / MANIFEST).write_text(manifest_text(bundle.manifest), "utf-8", newline="\n")
