"""A checkpoint by name: in the hub's cache, or downloaded once that is asked for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from affuse.errors import ConfigError, DownloadError, MissingDependency, WeightsError
from affuse.extractors.encoders.checkpoint import checked_weights
from affuse.features.memory import refuse_larger_than_memory

_WANTED = ("*.json", "*.safetensors")
_SUFFIX = ".safetensors"
_TIMEOUT_S = 20.0


def folder_of(name: str, *, download: bool, revision: str = "main") -> Path:
    """Folder of a checkpoint: a local one, or the one in the cache of the hub.

    Parameters
    ----------
    name : str
        A folder, or a name as published, such as ``microsoft/wavlm-base-plus``.
    download : bool
        Whether it may be downloaded where it is in neither, or not whole.
    revision : str
        Branch, tag or commit on the hub, or an open request to change one, as ``refs/pr/1``.

    Returns
    -------
    Path

    Raises
    ------
    ConfigError
        It has not been downloaded: says its size and its licence, and how to ask for it.
    DownloadError
        There is no network, no such checkpoint, or its licence must be accepted first.
    WeightsError
        It has no weights as safetensors, or they are larger than memory.
    MissingDependency
        The extra ``foundation`` is not installed.
    """
    if Path(name).is_dir():
        return Path(name)
    hub = import_hub()
    cached = _cached(hub, name, revision)
    if cached is not None and not (download and _is_cut_short(cached)):
        return cached
    info = _info(hub, name, revision)
    sizes = {each.rfilename: each.size or 0 for each in info.siblings or ()}
    n_bytes = sum(size for file, size in sizes.items() if file.endswith(_SUFFIX))
    if not n_bytes:
        raise WeightsError(
            f"{name} has no weights as safetensors, and pickled ones can run any program when they "
            "are read; expected model.safetensors: name a revision that has it, as "
            "features.settings.hf.revision = refs/pr/1, or choose another checkpoint"
        )
    refuse_larger_than_memory(name, n_bytes)
    if not download:
        licence = (info.card_data or {}).get("license") or "that it does not state"
        raise ConfigError(
            f"{name} is not on this machine: {n_bytes / 1e6:,.0f} MB, under the licence {licence}; "
            "expected leave to download it: set features.settings.hf.download = true"
        )
    return _downloaded(hub, name, revision)


def import_hub() -> Any:
    """The package huggingface_hub.

    Returns
    -------
    module

    Raises
    ------
    MissingDependency
        It is not installed.
    """
    try:
        import huggingface_hub
    except ImportError as error:
        raise MissingDependency("transformers", "foundation", "an encoder by name") from error
    return huggingface_hub


def _endpoint() -> str | None:
    return os.environ.get("HF_ENDPOINT")


def _cached(hub: Any, name: str, revision: str) -> Path | None:
    try:
        return Path(
            hub.snapshot_download(
                name, revision=revision, local_files_only=True, allow_patterns=_WANTED
            )
        )
    except hub.errors.HFValidationError as error:
        raise ConfigError(
            f"hf:{name} was given, which is neither a folder nor a name; expected one such as "
            "hf:microsoft/wavlm-base-plus"
        ) from error
    except (hub.errors.LocalEntryNotFoundError, OSError):
        return None


def _is_cut_short(folder: Path) -> bool:
    try:
        checked_weights(folder)
    except WeightsError:
        return True
    return False


def _info(hub: Any, name: str, revision: str) -> Any:
    try:
        return hub.HfApi(endpoint=_endpoint()).model_info(
            name, revision=revision, files_metadata=True, timeout=_TIMEOUT_S
        )
    except Exception as error:  # The hub's client raises those of its transport too.
        raise _refusal(hub, name, error) from error


def _downloaded(hub: Any, name: str, revision: str) -> Path:
    try:
        return Path(
            hub.snapshot_download(
                name, revision=revision, allow_patterns=_WANTED, endpoint=_endpoint()
            )
        )
    except Exception as error:  # As above.
        raise _refusal(hub, name, error) from error


def _refusal(hub: Any, name: str, error: Exception) -> DownloadError:
    if isinstance(error, hub.errors.GatedRepoError):
        return DownloadError(
            f"{name} is given to those alone who accept its licence; expected that you have: "
            "accept it on its page, and log in with `hf auth login`"
        )
    if isinstance(error, hub.errors.RepositoryNotFoundError):
        return DownloadError(
            f"there is no checkpoint {name!r} on the hub, or not for you; expected the name of "
            "one, or a local folder: mend it"
        )
    if isinstance(error, hub.errors.RevisionNotFoundError):
        return DownloadError(
            f"{name} has no such revision on the hub; expected one that its page lists, as main "
            "or refs/pr/1: mend features.settings.hf.revision"
        )
    return DownloadError(
        f"{name} is neither a folder nor whole in the hub's cache, and the hub cannot give it "
        f"({type(error).__name__}: {' '.join(str(error).split())[:120]}); expected a network for "
        "the first time: connect, or name a local folder"
    )
